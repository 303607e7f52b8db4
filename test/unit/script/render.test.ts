import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../../src/script/check.js';
import { render } from '../../../src/script/render.js';
import { anyText } from './any-text.js';

const NONE = { lower: [], upper: [] };
const TEMPLATE = `#!/bin/bash
# A comment about {{server}}
#SBATCH --exclusive

  # indented
session_dir={{session_dir}}
# a later comment
export server={{server}}  # which one
printf '%s\\0' "$session_dir" "$server"
`;

describe('render', () => {
  it('puts the directives where the template beats the lower ones and the upper ones beat the template', () => {
    const directives = { lower: ['#SBATCH --time=30', '#SBATCH -p a'], upper: ['#SBATCH --time=60'] };
    expect(render(TEMPLATE, { session_dir: '/s', server: 'notebook' }, directives)).toBe(`#!/bin/bash
#SBATCH --time=30
#SBATCH -p a
# A comment about {{server}}
#SBATCH --exclusive

  # indented
#SBATCH --time=60
session_dir='/s'
# a later comment
export server='notebook'  # which one
printf '%s\\0' "$session_dir" "$server"
`);
  });

  it('makes of start_session the lines that do it, and leaves text alone', () => {
    const text = '#!/bin/bash\n# a\ncat <<EOF\nstart_session notebook\nEOF\nstart_session lab  # go\n# b\n';
    const directives = { lower: ['#L'], upper: ['#U'] };
    expect(render(text, { session_dir: "it's", server: 'notebook' }, directives)).toBe(`#!/bin/bash
#L
# a
#U
cat <<EOF
start_session notebook
EOF
session_dir='it'\\''s'
server='jupyterlab'
source "$session_dir/run.sh"  # go
# b
`);
  });

  it('lets a start_session without a server start the one that was chosen', () => {
    const rendered = render('#!/bin/bash\nstart_session', { session_dir: '/s', server: 'notebook' }, NONE);
    const lines = ['#!/bin/bash', "session_dir='/s'", "server='notebook'", 'source "$session_dir/run.sh"'];
    expect(rendered).toBe(lines.join('\n'));
  });

  it.skipIf(process.platform === 'win32')(
    'makes of start_session bash that finds its session anywhere',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'sj-render it\'s $(id) "q"\n'));
      try {
        writeFileSync(join(folder, 'run.sh'), `printf '%s\\0' "$session_dir" "$server" "$A"; exit 7\n`);
        const text = '#!/bin/bash\nA=1\nstart_session  # and no more\n';
        const script = render(text, { session_dir: folder, server: 'x y' }, NONE);
        const { status, stdout } = spawnSync('bash', ['--norc', '-s'], { input: script, encoding: 'utf8' });
        expect([status, stdout]).toEqual([7, `${folder}\0x y\x001\0`]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it('changes nothing else', () => {
    const text = `#!/bin/bash\nsession_dir={{session_dir}}\necho '{{.State}}' {{a,b},c}`;
    const rendered = render(text, { session_dir: 'S', server: 'X' }, NONE);
    expect(rendered).toBe(text.replace('{{session_dir}}', `'S'`));
  });

  it.skipIf(process.platform === 'win32')('makes a bash script that assigns exactly the values', () => {
    checkTemplate(TEMPLATE, 'my.sh');
    const run = (session_dir: string, server: string) => {
      const script = render(
        TEMPLATE,
        { session_dir, server },
        { lower: ['#SBATCH -N 1'], upper: ['#SBATCH -n 1'] },
      );
      const printed = execFileSync('bash', ['--norc', '-s'], {
        input: script,
        encoding: 'utf8',
        stdio: 'pipe',
      });
      expect(printed).toBe(`${session_dir}\0${server}\0`);
    };
    fc.assert(fc.property(anyText, anyText, run), { seed: 42, numRuns: 60, endOnFailure: true });
  });
});
