import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../../src/session/record.js';
import {
  newSessionPlace,
  saveRecord,
  stageSession,
  stateDirectory,
  type SessionPlace,
} from '../../../src/session/store.js';

const windows = process.platform === 'win32';
const onPosix = describe.skipIf(windows);
const asRoot = describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux');
const STRANGER = 54_321;
let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-store-')));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const NOW = new Date('2026-03-04T05:06:07.890Z');
const placeUnder = (state: string): SessionPlace =>
  newSessionPlace({ XDG_STATE_HOME: state }, home, NOW, randomBytes);
const mode = async (path: string) => (await stat(path)).mode & 0o7777;
const there = (path: string) => readdirSync(path);

/** Runs with a umask of its own: the tests of a file run one after the other, each file in a process. */
async function underUmask<T>(mask: number, work: () => Promise<T>): Promise<T> {
  const before = process.umask(mask);
  try {
    return await work();
  } finally {
    process.umask(before);
  }
}

describe('where sessions are kept', () => {
  const inHome = join('.local', 'state', 'start-jupyter');

  it.each<[string | undefined, string]>([
    [undefined, inHome],
    ['', inHome],
    ['relative/path', inHome],
  ])('XDG_STATE_HOME=%s: in the home directory', (value, expected) => {
    expect(stateDirectory(value === undefined ? {} : { XDG_STATE_HOME: value }, home)).toBe(
      join(home, expected),
    );
  });

  it('is where XDG_STATE_HOME says, with or without a slash at its end', () => {
    for (const end of ['', '/']) {
      const value = `${join(home, 'a state')}${end}`;
      expect(stateDirectory({ XDG_STATE_HOME: value }, home)).toBe(join(home, 'a state', 'start-jupyter'));
    }
  });

  it('has a name of its own for each session, by its time', () => {
    const [one, two] = [placeUnder(home), placeUnder(home)];
    expect(one.id).toMatch(/^20260304-050607-[0-9a-f]{10}$/);
    expect(one.id).not.toBe(two.id);
    expect(one.directory).toBe(join(one.sessionsDirectory, one.id));
    expect(there(home)).toEqual([]);
  });

  it.each(['line\nbreak', 'carriage\rreturn', ...(windows ? [] : ['back\\slash'])])(
    'cannot be under %j, which a job script cannot say',
    (name) => {
      expect(() => placeUnder(join(home, name))).toThrow(expect.objectContaining({ code: 'bad-directory' }));
    },
  );

  // Only there can a path look like that.
  if (windows) {
    it('may be written as Windows writes it', () => {
      expect(placeUnder('C:\\Users\\a b').directory).toMatch(/^C:\\Users\\a b\\start-jupyter\\sessions\\/);
    });
  }
});

onPosix('a session that is being made', () => {
  it.each([0o000, 0o022, 0o077, 0o027])('is the user’s alone under umask %o', async (mask) => {
    await underUmask(mask, async () => {
      const place = placeUnder(join(home, `it's "a" $(state)`));
      const staged = await stageSession(place);
      await staged.write('token', 'secret');
      await staged.write('lib/end.sh', 'exit');
      await staged.place();
      for (const path of [place.directory, dirname(place.directory), join(place.directory, 'lib')]) {
        expect(await mode(path)).toBe(0o700);
      }
      expect(await mode(dirname(dirname(place.directory)))).toBe(0o700);
      for (const name of ['token', 'lib/end.sh']) expect(await mode(join(place.directory, name))).toBe(0o600);
      expect(await readFile(join(place.directory, 'token'), 'utf8')).toBe('secret');
    });
  });

  it('is not there before it is placed, and nothing beside it is left then', async () => {
    const place = placeUnder(home);
    const staged = await stageSession(place);
    await staged.write('token', 'secret');
    expect(there(place.sessionsDirectory)).toEqual([expect.stringMatching(/^\.staging-/)]);
    await staged.place();
    expect(there(place.sessionsDirectory)).toEqual([place.id]);
  });

  it('writes over nothing and through no link', async () => {
    const place = placeUnder(home);
    const staged = await stageSession(place);
    await staged.write('token', 'first');
    await expect(staged.write('token', 'second')).rejects.toMatchObject({ code: 'bad-directory' });
    const victim = join(home, 'victim');
    await writeFile(victim, 'whole');
    const [staging = ''] = there(place.sessionsDirectory);
    await symlink(victim, join(place.sessionsDirectory, staging, 'key.pem'));
    await expect(staged.write('key.pem', 'secret')).rejects.toMatchObject({ code: 'bad-directory' });
    expect(await readFile(victim, 'utf8')).toBe('whole');
  });

  it('takes no place that another session has', async () => {
    const place = placeUnder(home);
    const [first, second] = [await stageSession(place), await stageSession(place)];
    await first.write('token', 'first');
    await first.place();
    await expect(second.place()).rejects.toMatchObject({ code: 'bad-directory' });
    await second.remove();
    expect(await readFile(join(place.directory, 'token'), 'utf8')).toBe('first');
    expect(there(place.sessionsDirectory)).toEqual([place.id]);
  });

  it.each([false, true])('is removed whole (placed: %s), also twice', async (placed) => {
    const place = placeUnder(home);
    const staged = await stageSession(place);
    await staged.write('lib/end.sh', 'exit');
    if (placed) await staged.place();
    await staged.remove();
    await staged.remove();
    expect(there(place.sessionsDirectory)).toEqual([]);
  });
});

onPosix('a place that others could change', () => {
  const refusal = async (state: string) => {
    const error: unknown = await stageSession(placeUnder(state)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unsafe-directory' });
    return error as { message: string; hint: string };
  };

  it('is refused where everybody may write', async () => {
    const open = join(home, 'open');
    await mkdir(open);
    await chmod(open, 0o777);
    const { message, hint } = await refusal(join(open, 'state'));
    expect(message).toBe(
      `Sessions are not safe under ${JSON.stringify(open)}: it can be changed by everybody.`,
    );
    expect(hint).toContain(`chmod go-w '${open}'`);
    expect(there(join(open, 'state', 'start-jupyter', 'sessions'))).toEqual([]);
  });

  it('is taken where everybody may write but nobody may move what is another’s', async () => {
    const sticky = join(home, 'sticky');
    await mkdir(sticky);
    await chmod(sticky, 0o1777);
    await (await stageSession(placeUnder(join(sticky, 'state')))).remove();
  });

  it('is refused when it lies behind a link', async () => {
    const open = join(home, 'open');
    await mkdir(join(open, 'inner'), { recursive: true });
    await chmod(open, 0o777);
    await symlink(join(open, 'inner'), join(home, 'link'));
    expect((await refusal(join(home, 'link'))).message).toContain(JSON.stringify(open));
  });

  it('is taken when a link leads to a safe one', async () => {
    await mkdir(join(home, 'scratch'));
    await symlink(join(home, 'scratch'), join(home, 'link'));
    const place = placeUnder(join(home, 'link'));
    const staged = await stageSession(place);
    await staged.place();
    expect(lstatSync(join(home, 'scratch', 'start-jupyter', 'sessions', place.id)).isDirectory()).toBe(true);
  });

  it('is no longer taken when the sessions’ own folder was opened', async () => {
    const place = placeUnder(home);
    await (await stageSession(place)).remove();
    await chmod(place.sessionsDirectory, 0o772);
    expect((await refusal(home)).message).toContain(JSON.stringify(place.sessionsDirectory));
  });

  it('cannot be a file', async () => {
    await writeFile(join(home, 'file'), '');
    await expect(stageSession(placeUnder(join(home, 'file')))).rejects.toMatchObject({
      code: 'bad-directory',
      message: expect.stringMatching(/ENOTDIR|EEXIST/) as string,
    });
  });
});

asRoot('with other users about', () => {
  it('refuses a folder that is another’s', async () => {
    const theirs = join(home, 'theirs');
    await mkdir(theirs);
    await chown(theirs, STRANGER, STRANGER);
    await expect(stageSession(placeUnder(theirs))).rejects.toMatchObject({
      code: 'unsafe-directory',
      message: `Sessions are not safe under ${JSON.stringify(theirs)}: it belongs to another user.`,
    });
  });

  it('refuses a folder that a group may change', async () => {
    const shared = join(home, 'shared');
    await mkdir(shared);
    await chown(shared, 0, STRANGER);
    await chmod(shared, 0o770);
    await expect(stageSession(placeUnder(shared))).rejects.toMatchObject({
      message: expect.stringContaining('other members of its group') as string,
    });
  });

  it('refuses a link that another user laid, who could lay it elsewhere later', async () => {
    const sticky = join(home, 'sticky');
    await mkdir(sticky);
    await chmod(sticky, 0o1777);
    await mkdir(join(home, 'mine'));
    await symlink(join(home, 'mine'), join(sticky, 'link'));
    const { lchown } = await import('node:fs/promises');
    await lchown(join(sticky, 'link'), STRANGER, STRANGER);
    await expect(stageSession(placeUnder(join(sticky, 'link')))).rejects.toMatchObject({
      code: 'unsafe-directory',
    });
  });

  it('says that the disk is full, and leaves nothing', async ({ skip }) => {
    const small = join(home, 'small');
    await mkdir(small);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', small]);
    skip(mount.status !== 0, 'no file system can be mounted here');
    try {
      const place = placeUnder(small);
      const staged = await stageSession(place);
      await expect(staged.write('job.log', 'x'.repeat(200_000))).rejects.toMatchObject({
        code: 'bad-directory',
        hint: expect.stringContaining('quota is full') as string,
      });
      await staged.remove();
      expect(there(place.sessionsDirectory)).toEqual([]);
    } finally {
      spawnSync('umount', [small]);
    }
  });
});

onPosix('the record of a session', () => {
  const record = (jobId?: string): SessionRecord => ({
    ...{ version: 1, id: 'x', system: 's', scheduler: 'slurm', jobName: 'j', name: 'a-b-c' },
    ...{ url: 'https://x/', endpoint: 'x:443', protocol: 'v1', server: 'notebook', rootDir: '/' },
    ...{ createdAt: 'now', launcherVersion: '1' },
    ...(jobId === undefined ? {} : { jobId }),
  });

  it('is replaced as a whole, and stays the user’s alone', async () => {
    const place = placeUnder(home);
    const staged = await stageSession(place);
    await staged.write('session.json', JSON.stringify(record()));
    await staged.place();
    await saveRecord(place.directory, record('7'));
    await saveRecord(place.directory, record('8'));
    const file = join(place.directory, 'session.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(record('8'));
    expect(await mode(file)).toBe(0o600);
    expect(there(place.directory)).toEqual(['lib', 'session.json']);
  });

  it('is not written for a session that is gone', async () => {
    const place = placeUnder(home);
    await (await stageSession(place)).remove();
    await expect(saveRecord(place.directory, record())).rejects.toMatchObject({ code: 'bad-directory' });
    expect(there(place.sessionsDirectory)).toEqual([]);
  });
});
