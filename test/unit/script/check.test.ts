import { describe, expect, it } from 'vitest';
import { checkTemplate, templateServer, templateText } from '../../../src/script/check.js';

const GOOD = `#!/bin/bash
#SBATCH --exclusive
# {{anything}} in a comment stays as it is
session_dir={{session_dir}}
export server={{server}}  # which one
docker inspect --format '{{.State}}' x
source "$session_dir/run.sh"
`;

const check = (text: string) => () => checkTemplate(text, 'my.sh');

describe('checkTemplate', () => {
  it('takes a template', () => {
    expect(check(GOOD)).not.toThrow();
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

  it('refuses a script that could not find its session', () => {
    expect(check('#!/bin/bash\n# session_dir={{session_dir}}\necho')).toThrow('session_dir={{session_dir}}');
  });
});

describe('templateText', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');

  it('reads UTF-8', () => {
    expect(templateText(Buffer.from('#!/bin/bash\n# Zürich'), 'my.sh')).toBe('#!/bin/bash\n# Zürich');
  });

  it.each([
    ['', 'The template my.sh is empty'],
    ['#!/bin/bash\n\necho \0', 'The template my.sh, line 3: has a NUL character'],
    ['#!/bin/bash\n# Z\xFCrich', 'The template my.sh, line 2: is not UTF-8'],
  ])('refuses %j', (text, message) => {
    expect(() => templateText(bytes(text), 'my.sh')).toThrow(message);
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
  ])('of %j is %j', (line, server) => {
    expect(templateServer(`#!/bin/bash\n${line}\necho done`)).toBe(server);
  });
});
