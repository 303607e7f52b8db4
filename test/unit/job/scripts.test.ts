import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../../src/script/check.js';

const folder = join(import.meta.dirname, '../../../batch-templates');
const parts = ['lib', 'login'].flatMap((kind) =>
  readdirSync(join(folder, kind))
    .filter((name) => name.endsWith('.sh'))
    .map((name) => `${kind}/${name}`),
);
const templates = ['slurm', 'torque', 'pbs', 'local'].flatMap((kind) =>
  ['notebook.sh', 'jupyterlab.sh'].map((name) => `${kind}/${name}`),
);
const text = (name: string) => readFileSync(join(folder, name), 'utf8');

/** What bash 3.2 does not know or 4.2 does otherwise; CHANGES in bash's sources says when each came. */
const TOO_NEW: [string, RegExp][] = [
  ['associative array', /\b(?:declare|local|typeset) +-\w*A/],
  ['global or name reference from a function', /\b(?:declare|local|typeset) +-\w*[gn]/],
  ['mapfile', /\b(?:mapfile|readarray)\b/],
  ['case of letters changed in an expansion', /\$\{\w+(?:\[[^\]]*\])?(?:,|\^)/],
  ['operator in an expansion (4.4)', /\$\{\w+@/],
  ['negative index', /\$\{\w+\[-|\$\{\w+:[^}]*: *-/],
  ['wait -n', /\bwait +-/],
  ['automatic file descriptor', /\{\w+\}[<>]/],
  ['&>> or |&', /&>>|\|&/],
  ['time in printf', /%\([^)]*\)T/],
  ['coproc', /\bcoproc\b/],
  ['test -v or -R', /(?:\[\[?|\btest) +-[vR] /],
  [';& in case', /;;?&/],
  ['fractional read -t or read -N', /\bread +(?:-\S+ +)*(?:-t *[0-9.]*\.|-N)/],
  ['EPOCH variables', /\bEPOCH(?:REAL)?(?:TIME|SECONDS)\b/],
  ['BASHPID', /\bBASHPID\b/],
  ['globstar, lastpipe, inherit_errexit', /\bshopt +-s +(?:globstar|lastpipe|inherit_errexit)/],
];

const withoutComments = (script: string) => script.replace(/^\s*#.*$/gm, '');

describe('the bash of jobs', () => {
  it.each([...parts, ...templates])('%s uses nothing that bash 3.2 lacks', (name) => {
    const found = TOO_NEW.filter(([, pattern]) => pattern.test(withoutComments(text(name))));
    expect(found.map(([what]) => what)).toEqual([]);
  });

  it('finds what bash 3.2 lacks', () => {
    const examples = [
      'declare -A a',
      'declare -g x',
      'mapfile lines',
      'echo "${x,,}"',
      'echo ${x@Q}',
      'echo ${x[-1]}',
      'wait -n',
      'exec {fd}>x',
      'a &>> b',
      "printf '%(%s)T'",
      'coproc cat',
      '[[ -v x ]]',
      'a) b ;& ',
      'read -t 0.1 x',
      'echo $EPOCHSECONDS',
      'echo $BASHPID',
      'shopt -s globstar',
    ];
    expect(examples.map((line) => TOO_NEW.filter(([, pattern]) => pattern.test(line)).length)).toEqual(
      examples.map(() => 1),
    );
  });

  it.each([...parts, ...templates])(
    '%s has no secret in a program’s arguments and no here-string',
    (name) => {
      const script = withoutComments(text(name));
      // bash up to 5.0 writes a here-string to a file.
      expect(script).not.toMatch(/<<</);
      expect(script).not.toMatch(/\bexport\b.*(?:token|secret|authorization)/);
    },
  );

  it.each(templates)('%s is a template as the launcher wants it, without directives of its own', (name) => {
    checkTemplate(text(name), name);
    expect(text(name)).not.toMatch(/^#(?:SBATCH|PBS)/m);
  });

  it.skipIf(process.platform === 'win32').each([...parts, ...templates])(
    '%s is valid bash as it is',
    (name) => {
      execFileSync('bash', ['-n', join(folder, name)]);
    },
  );

  it
    .skipIf(!existsSync('/usr/bin/shellcheck'))
    .each(['lib/run.sh', 'lib/inside.sh', 'login/environment.sh', 'login/image.sh', ...templates])(
    'shellcheck has nothing to say to %s',
    (name) => {
      const { stdout, status } = spawnSync('/usr/bin/shellcheck', ['-x', '-a', name], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stdout).toBe('');
      expect(status).toBe(0);
    },
  );
});
