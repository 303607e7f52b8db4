import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StartJupyterError } from '../../../src/errors.js';
import { checkedBind, directoryBinds } from '../../../src/jupyter/container-binds.js';
import { anyText } from '../script/any-text.js';

describe('a bind', () => {
  it.each([
    ['/data', '/data'],
    ['/data:/inside', '/data:/inside'],
    ['/data:/inside:ro', '/data:/inside:ro'],
    ['/data:/inside:rw', '/data:/inside:rw'],
    ['course/1', '/home/ada/course/1'],
    ['.', '/home/ada'],
    ['../bob/shared:/shared', '/home/bob/shared:/shared'],
    [`it's $(touch x) & more:/in side`, `/home/ada/it's $(touch x) & more:/in side`],
  ])('%j is %j', (text, bind) => {
    expect(checkedBind('--bind', text, '/home/ada')).toBe(bind);
  });

  it.each([
    ['/a,/b', 'a comma, a double quote, a backslash or a line break'],
    ['/a"b', 'a double quote'],
    ['/a\\:b', 'a backslash'],
    ['/a\nb', 'a line break'],
    ['/a:/b:ro:', 'a path with a colon'],
    [':/inside', 'no path before the colon'],
    ['', 'no path before the colon'],
    ['/a:ro', '"ro" is no place inside the image'],
    ['/a:', '"" is no place inside the image'],
    ['/a:/b:r', 'has to be ro (read only) or rw, not "r"'],
    ['/a:/b:', 'has to be ro (read only) or rw, not ""'],
  ])('%j is none: %s', (text, why) => {
    expect(() => checkedBind('--bind', text, '/')).toThrow(`--bind cannot have ${JSON.stringify(text)}: `);
    expect(() => checkedBind('--bind', text, '/')).toThrow(why);
  });

  it('is none below a directory that cannot be said', () => {
    expect(() => checkedBind('--bind', 'data', '/home/ada/a,b')).toThrow('"/home/ada/a,b/data"');
    expect(checkedBind('--bind', '/data', '/home/ada/a,b')).toBe('/data');
  });

  it('is what apptainer takes apart again, or is refused', () => {
    fc.assert(
      fc.property(anyText, anyText, (source, inside) => {
        let bind: string;
        try {
          bind = checkedBind('--bind', `/${source}:/${inside}:ro`, '/');
        } catch (error) {
          expect((error as StartJupyterError).code).toBe('bad-option');
          return;
        }
        // Lists are split at commas, parts at colons; CSV has quotes, escapes have a backslash, arguments one line.
        expect(bind).not.toMatch(/[,"\\\n\r]/);
        expect(bind.split(':')).toHaveLength(3);
        expect(bind.endsWith(`:/${inside}:ro`)).toBe(true);
      }),
    );
  });
});

describe('the directories that an image must show', () => {
  const at = (notebook: string, home = '/home/ada', session = `${home}/.local/state`) =>
    directoryBinds({ home, notebook, session }, { home, notebook });

  it('are the home and a notebook directory that is not in it', () => {
    expect(at('/home/ada')).toEqual(['/home/ada']);
    expect(at('/home/ada/course')).toEqual(['/home/ada']);
    expect(at('/home/adam')).toEqual(['/home/ada', '/home/adam']);
    expect(at('/scratch/ada')).toEqual(['/home/ada', '/scratch/ada']);
  });

  it('may have any name in the home', () => {
    expect(at('/home/ada/a:b, "c"')).toEqual(['/home/ada']);
  });

  it.each(['/scratch/a:b', '/scratch/a,b', '/scratch/a"b', '/scratch/a\\b', '/scratch/a\nb'])(
    'cannot be %j outside of it',
    (notebook) => {
      expect(() => at(notebook)).toThrow(`${JSON.stringify(notebook)} cannot be shown inside an image`);
    },
  );

  it('are also where links of the home lead to', () => {
    const linked = (notebook: string, real: string, home = '/nfs/ada') =>
      directoryBinds({ home: '/home/ada', notebook, session: '/home/ada/s' }, { home, notebook: real });
    expect(linked('/home/ada/course', '/nfs/ada/course')).toEqual(['/home/ada']);
    expect(linked('/home/ada/course', '/nfs/ada/2026/course')).toEqual(['/home/ada', '/nfs/ada/2026/course']);
    expect(linked('/home/ada/scratch', '/scratch/ada')).toEqual(['/home/ada', '/scratch/ada']);
    expect(linked('/scratch/ada', '/gpfs/scratch/ada')).toEqual(['/home/ada', '/scratch/ada']);
    expect(() => linked('/home/ada/scratch', '/scratch/a:b')).toThrow('"/scratch/a:b" cannot be shown');
    expect(() => linked('/home/ada/all', '/')).toThrow('"/" cannot be shown');
  });

  it('cannot have a home or a session that cannot be said', () => {
    expect(() => at('/data', '/home/a:b')).toThrow('"/home/a:b" cannot be shown');
    expect(() => at('/data', '/home/ada', '/state/a,b')).toThrow('"/state/a,b" cannot be shown');
    expect(() => at('/data', '/home/ada', '/home/ada/a:b')).toThrow('"/home/ada/a:b" cannot be shown');
  });

  it.each(['/', '/usr', '/opt', '/usr/local', '/etc', '/var'])('do not hide %s of the image', (notebook) => {
    expect(() => at(notebook)).toThrow('it would hide the image’s own');
    expect(at(`${notebook}/course/1`)).toHaveLength(2);
  });
});
