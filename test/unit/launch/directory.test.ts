import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notebookDirectory } from '../../../src/launch/directory.js';

const windows = process.platform === 'win32';
let home: string;

beforeAll(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-directory-')));
  mkdirSync(join(home, 'course', 'week 1'), { recursive: true });
  writeFileSync(join(home, 'file.ipynb'), '');
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

const from = (typed: string | undefined, cwd = join(home, 'course')) => notebookDirectory(typed, home, cwd);

describe('the notebook’s directory', () => {
  it.each([
    [undefined, ''],
    ['~', ''],
    ['~/course', 'course'],
    ['week 1', 'course/week 1'],
    ['./week 1/', 'course/week 1'],
    ['..', ''],
    ['.', 'course'],
  ])('%s', async (typed, expected) => {
    expect(await from(typed)).toBe(join(home, expected));
  });

  it('may be given in full', async () => {
    expect(await from(join(home, 'course'), '/')).toBe(join(home, 'course'));
  });

  it
    .skipIf(windows)
    .each([`it's`, '"quoted"', '$(id)', 'line\nbreak', 'tab\there', '--help', '*', 'back\\slash'])(
    'may be called %j',
    async (name) => {
      mkdirSync(join(home, name));
      expect(await from(join(home, name))).toBe(join(home, name));
    },
  );

  it.skipIf(windows)('stays the link that was named', async () => {
    symlinkSync(join(home, 'course'), join(home, 'link'));
    expect(await from('~/link')).toBe(join(home, 'link'));
  });
});

describe('what is no directory', () => {
  const refused = (typed: string) =>
    from(typed).then(
      () => expect.fail('it was taken'),
      (error: unknown) => error as { code: string; message: string; hint: string },
    );

  it.each(['~/missing', '~/file.ipynb/below'])('is not there: %s', async (typed) => {
    const { code, message, hint } = await refused(typed);
    expect(code).toBe('bad-directory');
    expect(message).toBe(`The directory ${JSON.stringify(join(home, typed.slice(2)))} does not exist.`);
    expect(hint).toContain('make it first');
  });

  it('is another user’s home, which only the shell knows', async () => {
    expect((await refused('~nobody/x')).message).toContain('does not exist.');
  });

  it('is a file', async () => {
    const { message, hint } = await refused('~/file.ipynb');
    expect(message).toBe(`The directory ${JSON.stringify(join(home, 'file.ipynb'))} is not a directory.`);
    expect(hint).toContain('that the file is in');
  });

  it.skipIf(windows)('is named in one line, whatever is typed', async () => {
    expect((await refused('no\nsuch')).message).not.toContain('\n');
  });

  it.skipIf(windows)('has a path that is too long', async () => {
    expect((await refused('x'.repeat(5000))).message).toContain('cannot be looked at (ENAMETOOLONG).');
  });
});

describe.skipIf(process.getuid?.() !== 0 || windows)('as an ordinary user', () => {
  let program: string;

  beforeAll(async () => {
    program = join(home, 'ask.mjs');
    const ask = `import { notebookDirectory } from './directory.js';
      await notebookDirectory(process.argv[2], '/', '/').catch((error) => console.log(error.message));`;
    const resolveDir = join(import.meta.dirname, '../../../src/launch');
    await build({
      stdin: { contents: ask, resolveDir },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    chmodSync(home, 0o755);
  });

  /** What it says to nobody; empty: it takes the directory. */
  const toNobody = (typed: string) =>
    execFileSync(process.execPath, [program, typed], {
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
      cwd: '/',
    });

  it.each([0o711, 0o744, 0o700])('a directory of mode %o is refused', (mode) => {
    const closed = join(home, `mode-${mode}`);
    mkdirSync(join(closed, 'inner'), { recursive: true });
    chmodSync(closed, mode);
    expect(toNobody(closed)).toBe(`The directory ${JSON.stringify(closed)} may not be read by you.\n`);
    const below =
      mode === 0o711
        ? ''
        : `The directory ${JSON.stringify(join(closed, 'inner'))} cannot be looked at (EACCES).\n`;
    expect(toNobody(join(closed, 'inner'))).toBe(below);
  });
});
