import { describe, expect, it } from 'vitest';
import { checkTemplate, templateMistakes, templateServer, templateText } from '../../../src/script/check.js';

const GOOD = `#!/bin/bash
#SBATCH --exclusive
# {{anything}} in a comment stays as it is
session_dir={{session_dir}}
export server={{server}}  # which one
docker inspect --format '{{.State}}' x
source "$session_dir/run.sh"
`;

const CALL = `#!/bin/bash -l
#SBATCH --exclusive
module load astro
start_session jupyterlab  # and that is all
# the end
`;

const check = (text: string) => () => checkTemplate(text, 'my.sh');

/** Each mistake as `line: what`, or `what` of the whole file. */
const mistakes = (text: string) =>
  templateMistakes(text).map(({ line, what }) => (line === undefined ? what : `${line}: ${what}`));

describe('checkTemplate', () => {
  it.each([GOOD, CALL])('takes a template', (text) => {
    expect(check(text)).not.toThrow();
  });

  it('names the first mistake, and says that there are others', () => {
    expect(check('#!/bin/sh\nserver="{{server}}"\nstart_session x')).toThrow(
      expect.objectContaining({
        code: 'bad-template',
        message: 'The template my.sh, line 1: does not start as a bash script',
        hint: expect.stringContaining('templates check says everything') as string,
      }),
    );
  });

  it.each([
    '#!/bin/bash',
    '#!/bin/bash -l',
    '#! /usr/bin/bash',
    '#!/usr/bin/env bash',
    '#!/usr/bin/env -S bash -l',
  ])('takes the first line %j', (first) => {
    expect(check(`${first}\nsession_dir={{session_dir}}`)).not.toThrow();
  });

  it.each([
    '',
    '#!/bin/sh',
    '#!/usr/bin/python3',
    '#!/bin/bashful',
    '#!bash',
    '# !/bin/bash',
    '\uFEFF#!/bin/bash',
  ])('refuses the first line %j', (first) => {
    expect(check(`${first}\nsession_dir={{session_dir}}`)).toThrow('my.sh, line 1: does not start as a bash');
  });

  it.each([
    ['source {{session_dir}}/run.sh', '{{session_dir}}'],
    ['server="{{server}}"', '{{server}}'],
    ['server={{server}} other=1', '{{server}}'],
    ['cd {{ session_dir }}', '{{ session_dir }}'],
    ['server={{ server }}', '{{ server }}'],
    ['echo {{token}}', '{{token}}'],
    ['a={{server}};b={{server}}', '{{server}}'],
    ['a[0]={{server}}', '{{server}}'],
  ])('refuses %j and names the line', (line, shown) => {
    const text = `#!/bin/bash\nsession_dir={{session_dir}}\n${line}\n`;
    expect(check(text)).toThrow(`my.sh, line 3: has ${shown} where`);
  });

  it('refuses a name that is not known', () => {
    expect(check('#!/bin/bash\nsession_dir={{session_dir}}\ntoken={{token}}')).toThrow(
      'my.sh, line 3: leaves {{token}} open, which is not known',
    );
  });

  it('refuses Windows line ends', () => {
    expect(check(GOOD.replaceAll('\n', '\r\n'))).toThrow('my.sh, line 1: ends its lines as Windows does');
    expect(check(GOOD.replace('exclusive\n', 'exclusive\r\n'))).toThrow('my.sh, line 2:');
  });

  it('refuses a value left open in a here-document, where what it holds would be code', () => {
    const text = '#!/bin/bash\nsession_dir={{session_dir}}\ncat <<EOF\nserver={{server}}\nEOF\n';
    expect(mistakes(text)).toEqual(['4: has {{server}} within a here-document or quotes']);
  });

  it('refuses a script that starts nothing', () => {
    const nothing = 'has neither start_session nor a line session_dir={{session_dir}}: it starts nothing';
    expect(
      mistakes('#!/bin/bash\n# session_dir={{session_dir}}\n# start_session\necho "start_session"'),
    ).toEqual([nothing]);
    expect(mistakes('#!/bin/bash\ncat <<EOF\nstart_session\nEOF')).toEqual([
      '3: has start_session within a here-document or quotes, where it is no command',
    ]);
  });

  it('refuses directives that the scheduler does not read', () => {
    const text =
      '#!/bin/bash\n#SBATCH -n 1\n\n# x\nmodule load a\n#SBATCH -c 2\n##SBATCH -c 2\n #PBS -q x\n#PBS -q y\nstart_session\n';
    expect(mistakes(text)).toEqual([
      '6: has a directive that the scheduler does not read: #SBATCH -c 2',
      '9: has a directive that the scheduler does not read: #PBS -q y',
    ]);
    // In a here-document it is a directive of some other script.
    expect(mistakes('#!/bin/bash\ncat <<EOF\n#SBATCH -c 2\nEOF\nstart_session')).toEqual([]);
  });

  it.each(['--array=1-3', '-a 1-3', '-n 1 -a1', '--array 1'])('refuses an array of jobs: %s', (option) => {
    expect(mistakes(`#!/bin/bash\n#SBATCH ${option}\nstart_session`)).toEqual([
      `2: asks for an array of jobs, and a session is one job: #SBATCH ${option}`,
    ]);
    expect(
      mistakes(`#!/bin/bash\n##SBATCH ${option}\n#SBATCH -A a --account=array -p a1\nstart_session`),
    ).toEqual([]);
  });

  it.each(['exit', 'exit 0', 'echo bye; exit', 'exec bash -l', '! exit', '>x exec bash'])(
    'refuses %j before the session starts',
    (line) => {
      const [, word = ''] = /(exit|exec)/.exec(line) ?? [];
      const said = `2: ends the script (${word}) before the session starts on line 3`;
      expect(mistakes(`#!/bin/bash\n${line}\nstart_session`)).toEqual([said]);
      expect(mistakes(`#!/bin/bash\n${line}\nsession_dir={{session_dir}}\nsource x/run.sh`)).toEqual([said]);
    },
  );

  it.each([
    'module load a || exit 1',
    'if ! a; then\nexit 1\nfi',
    'f() { exit 1; }',
    'echo exit',
    'exec 2>&1',
    'exec >>log',
    '(exit 1)',
  ])('takes %j', (lines) => {
    expect(mistakes(`#!/bin/bash\n${lines}\nstart_session`)).toEqual([]);
  });
});

describe('start_session', () => {
  const script = (...lines: string[]) => ['#!/bin/bash', ...lines].join('\n');
  const inside = 'has a start_session that stands within a function, a condition, a loop or brackets';
  const notWhole = 'has a start_session that is not the whole line';

  it.each([
    'start_session',
    'start_session notebook',
    '  start_session lab # x',
    'start_session jupyterlab  ',
  ])('is taken as %j', (line) => {
    expect(mistakes(script('module load a', line, '', '# done', ''))).toEqual([]);
  });

  it.each<[string[], string[]]>([
    [['start_session voila'], ['2: calls start_session with voila, which is no server']],
    [['start_session constructor'], ['2: calls start_session with constructor, which is no server']],
    [['start_session "$server"'], [`2: ${notWhole}`]],
    [['start_session notebook x'], [`2: ${notWhole}`]],
    [
      ['start_session#x'],
      ['has neither start_session nor a line session_dir={{session_dir}}: it starts nothing'],
    ],
    [['srun start_session notebook'], [`2: ${notWhole}`]],
    [['A=1 start_session'], [`2: ${notWhole}`]],
    [['start_session notebook &'], [`2: ${notWhole}`]],
    [['start_session | tee log'], [`2: ${notWhole}`]],
    [['echo x; start_session'], [`2: ${notWhole}`]],
    [['start_session() { true; }'], [`2: ${notWhole}`]],
    [
      ['if true; then', 'start_session', 'fi'],
      [`3: ${inside}`, '4: never runs, because start_session (line 3) does not return'],
    ],
    [
      ['f() {', 'start_session', '}', 'f'],
      [`3: ${inside}`, '4: never runs, because start_session (line 3) does not return'],
    ],
    [
      ['true &&', '', 'start_session'],
      ['4: has a start_session that belongs to the command on the line before'],
    ],
    [['echo \\', 'start_session'], ['3: has a start_session that belongs to the command on the line before']],
    [['start_session', 'start_session lab'], ['3: calls start_session once more (first on line 2)']],
    [
      ['start_session', '# x', 'rm -rf x', 'echo'],
      ['4: never runs, because start_session (line 2) does not return'],
    ],
    [
      ['session_dir={{session_dir}}', 'server={{server}}', 'start_session'],
      [
        '2: has session_dir={{session_dir}} beside start_session (line 4)',
        '3: has server={{server}} beside start_session (line 4)',
      ],
    ],
  ])('is refused in %j', (lines, expected) => {
    expect(mistakes(script(...lines))).toEqual(expected);
  });
});

describe('templateText', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');

  it('reads UTF-8', () => {
    expect(templateText(Buffer.from('#!/bin/bash\n# Zürich'))).toBe('#!/bin/bash\n# Zürich');
  });

  it.each([
    ['', undefined, 'is empty'],
    ['#!/bin/bash\n\necho \0', 3, 'has a NUL character: this is no script'],
    ['#!/bin/bash\n# Z\xFCrich', 2, 'is not UTF-8 text'],
  ])('refuses %j', (text, line, what) => {
    expect(templateText(bytes(text))).toMatchObject({ severity: 'error', ...(line && { line }), what });
  });
});

describe('templateServer', () => {
  it.each([
    ['server=notebook', 'notebook'],
    ['  server="jupyterlab"  # lab', 'jupyterlab'],
    ["export server='notebook'", 'notebook'],
    ['server={{server}}', undefined],
    ['my_server=notebook', undefined],
    ['server=voila', undefined],
    ['# server=notebook', undefined],
    ['start_session notebook', 'notebook'],
    ['start_session lab # x', 'jupyterlab'],
    ['start_session', undefined],
    ['server=notebook\nstart_session', undefined],
    ['cat <<EOF\nserver=notebook\nEOF', undefined],
  ])('of %j is %j', (line, server) => {
    expect(templateServer(`#!/bin/bash\n${line}\necho done`)).toBe(server);
  });
});
