import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownSessions } from '../../../src/launched/known-sessions.js';
import { asNobody } from '../as-nobody.js';

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sj-known-'));
  folder = join(home, '.local/state/start-jupyter/sessions');
  mkdirSync(folder, { recursive: true });
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const known = () => knownSessions({ env: { HOME: home } });

function record(id: string, more: object = {}): string {
  return JSON.stringify({
    version: 1,
    id,
    system: 'hpc',
    scheduler: 'slurm',
    jobName: `jupyter-${id}`,
    jobId: '4711',
    server: 'notebook',
    rootDir: '/home/ann',
    createdAt: '2026-03-04T05:06:07.000Z',
    launcherVersion: '0.1.0',
    ...more,
  });
}

function add(id: string, json = record(id)): string {
  const directory = join(folder, id);
  mkdirSync(directory);
  writeFileSync(join(directory, 'session.json'), json);
  return directory;
}

describe.skipIf(process.platform === 'win32')('the sessions that are known', () => {
  it('are none where none was ever made', async () => {
    rmSync(join(home, '.local'), { recursive: true });
    expect(await known()).toEqual({ sessions: [], damaged: [] });
  });

  it('come newest first, also those of one moment', async () => {
    add('a', record('a', { createdAt: '2026-03-01T00:00:00.000Z' }));
    add('b', record('b', { createdAt: '2026-03-03T00:00:00.000Z' }));
    add('c', record('c', { createdAt: '2026-03-02T00:00:00.000Z' }));
    add('d', record('d', { createdAt: '2026-03-02T00:00:00.000Z' }));
    const { sessions } = await known();
    expect(sessions.map(({ record: { id } }) => id)).toEqual(['b', 'd', 'c', 'a']);
    expect(sessions[0]?.directory).toBe(join(folder, 'b'));
  });

  it('leave out what is being made, what is no folder, and what a link leads to', async () => {
    const whole = add('a');
    add('.staging-20260304-abc-XXXXXX');
    add('.nfs0001');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    symlinkSync(whole, join(folder, 'link'));
    symlinkSync('/', join(folder, 'root'));
    const { sessions, damaged } = await known();
    expect(sessions.map(({ directory }) => directory)).toEqual([whole]);
    expect(damaged).toEqual([]);
  });

  it('are not hidden by those whose record is damaged, which are named', async () => {
    add('whole');
    add('cut', record('cut').slice(0, 50));
    add('empty', '');
    add('types', record('types', { jobId: 7 }));
    add('copy', record('whole'));
    add('huge', `${record('huge')}${' '.repeat(2_000_000)}`);
    mkdirSync(join(folder, 'folder', 'session.json'), { recursive: true });
    mkdirSync(join(folder, 'absent'));
    writeFileSync(join(folder, 'absent', 'job.log'), '');
    mkdirSync(join(folder, 'pipe'));
    spawnSync('mkfifo', [join(folder, 'pipe', 'session.json')]);
    mkdirSync(join(folder, 'link'));
    symlinkSync('/etc/passwd', join(folder, 'link', 'session.json'));
    const { sessions, damaged } = await known();
    expect(sessions.map(({ record: { id } }) => id)).toEqual(['whole']);
    const why = Object.fromEntries(
      damaged.map((one): [string, string] => [one.path.split('/').at(-2) ?? '', one.why]),
    );
    expect(why).toEqual({
      cut: 'it is cut off or damaged',
      empty: 'it is empty',
      types: 'its "jobId" is missing or cannot be',
      copy: 'it belongs to another folder, as if it had been copied',
      huge: 'it is far too long',
      folder: 'it is no file',
      absent: 'it is missing',
      pipe: 'it is no file',
      link: 'it cannot be read (ELOOP)',
    });
  });

  it('name those that may not be read', async () => {
    chmodSync(join(add('closed'), 'session.json'), 0);
    expect((await asNobody(home, known)).damaged).toMatchObject([{ why: 'it cannot be read (EACCES)' }]);
  });

  it('leave out a folder that is being removed', async () => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'open'));
    writeFileSync(join(folder, 'open', '.nfs0000000000000001'), '');
    expect(await known()).toEqual({ sessions: [], damaged: [] });
  });

  it('of a newer start-jupyter are there, with a mark', async () => {
    add('a', record('a', { version: 3, colour: 'red' }));
    expect((await known()).sessions).toMatchObject([{ newer: 3, record: { id: 'a', jobId: '4711' } }]);
  });

  it('cannot be told where the home is not there: that is not "none"', async () => {
    const env = { HOME: join(home, 'gone') };
    await expect(knownSessions({ env })).rejects.toMatchObject({
      code: 'bad-directory',
      message: `Your home directory ${JSON.stringify(join(home, 'gone'))} is not there (ENOENT).`,
    });
  });

  it('are none where another place is named, whatever became of the home', async () => {
    const env = { HOME: join(home, 'gone'), XDG_STATE_HOME: join(home, 'state') };
    expect(await knownSessions({ env })).toEqual({ sessions: [], damaged: [] });
  });

  it('cannot be told where their folder cannot be read', async () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    await expect(known()).rejects.toMatchObject({
      code: 'bad-directory',
      message: `Your sessions cannot be looked for in ${JSON.stringify(folder)} (ENOTDIR).`,
    });
  });

  it('are told by the thousand', async () => {
    for (let at = 0; at < 1500; at += 1) add(`s${at}`);
    expect((await known()).sessions).toHaveLength(1500);
  });
});
