import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Database } from 'node-sqlite3-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartJupyterError } from '../../../../src/errors.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
import { openStore } from '../../../../src/proxy/store/open-store.js';
import { type KeeperFolders, keeperFolders, startKeeper } from './keeper.js';
import { byName, newSession, seeded } from './sessions.js';

const SEED = 17;
const FLIPS = 16;

const quiet = (): void => undefined;
let folders: KeeperFolders;
beforeAll(async () => (folders = await keeperFolders()));
afterAll(() => folders.remove());

describe('a store that another proxy uses', () => {
  it('is refused, in this process and in another, until that one has ended, however', async () => {
    const folder = join(folders.root, 'in-use');
    const first = await startKeeper(folders.module, folder);
    await first.store.create(newSession('big-red-fox'));
    await expect(openStore(folder, quiet)).rejects.toMatchObject({ code: 'bad-store' });
    const second = await startKeeper(folders.module, folder);
    expect(second.refused).toMatchObject({ code: 'bad-store' });
    expect(second.refused?.message).toContain('Another proxy uses this store');
    await second.kill();
    // The refused ones have done the first no harm.
    expect(await first.store.create(newSession('old-oak-tree'))).toBe(true);
    await first.kill();
    expect(existsSync(join(folder, 'sessions.db.lock'))).toBe(true);
    const store = await openStore(folder, quiet);
    expect(await store.load()).toHaveLength(2);
    await expect(openStore(folder, quiet)).rejects.toMatchObject({ code: 'bad-store' });
    await store.close();
    await (await openStore(folder, quiet)).close();
  });

  it('is not held by a program that the proxy had started', async () => {
    const folder = join(folders.root, 'children');
    const starter = join(folders.root, 'starter.mjs');
    writeFileSync(
      starter,
      `import { spawn } from 'node:child_process';
       const { openStore } = await import(${JSON.stringify(folders.module)});
       await openStore(${JSON.stringify(folder)}, () => {});
       const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
       console.log(child.pid);
       process.kill(process.pid, 'SIGKILL');`,
    );
    const pid = Number(execFileSync('sh', ['-c', '"$0" "$1"; true', process.execPath, starter]).toString());
    // 0 would be this process's own group.
    expect(pid).toBeGreaterThan(1);
    try {
      process.kill(pid, 0);
      await (await openStore(folder, quiet)).close();
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('needs the program flock, and says so', async () => {
    const before = process.env['PATH'];
    process.env['PATH'] = folders.root;
    try {
      const error = await refusalOf(join(folders.root, 'no-flock'));
      expect(error).toMatchObject({ code: 'no-tool' });
      expect(error.hint).toContain('store: memory');
    } finally {
      process.env['PATH'] = before;
    }
  });
});

describe('a store that is not whole', () => {
  let whole: string;
  let sessions: Session[];
  beforeAll(async () => {
    whole = join(folders.root, 'whole');
    const store = await openStore(whole, quiet);
    sessions = Array.from({ length: 200 }, (_, index) => newSession(`name-${index}`));
    await Promise.all(sessions.map((session) => store.create(session)));
    // Unused pages, too.
    await Promise.all(sessions.splice(50, 100).map(({ name }) => store.forget(name)));
    await store.close();
  });

  /** The store after this was done to its file: it is refused and as it was, or has every session as it was. */
  async function after(
    spoil: (file: string) => void,
    folder: string,
  ): Promise<StartJupyterError | undefined> {
    copyOf(whole, folder);
    const file = join(folder, 'sessions.db');
    spoil(file);
    const before = contents(folder);
    let store;
    try {
      store = await openStore(folder, quiet);
      expect(byName(await store.load())).toEqual(byName(sessions));
    } catch (error) {
      if (!store) expect(contents(folder)).toEqual(before);
      return error as StartJupyterError;
    } finally {
      await store?.close();
    }
    return undefined;
  }

  it(`is refused after any of ${FLIPS} flipped bytes that matters`, async () => {
    const random = seeded(SEED);
    const codes = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      const error = await after(
        (file) => {
          const bytes = readFileSync(file);
          const at = Math.floor(random() * bytes.length);
          bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8));
          writeFileSync(file, bytes);
        },
        join(folders.root, `flip-${flip}`),
      );
      if (error) codes.push(error.code);
    }
    // All others fell on bytes that nobody uses.
    expect(codes.length).toBeGreaterThan(FLIPS / 5);
    expect(new Set(codes)).toEqual(new Set(['bad-store']));
  }, 120_000);

  const spoils: [string, (file: string) => void, RegExp][] = [
    ['cut off in the middle', (file) => truncateSync(file, 4096 * 3 + 100), /damaged/],
    ['cut off after a page', (file) => truncateSync(file, 4096), /damaged/],
    ['cut off in its head', (file) => truncateSync(file, 50), /damaged/],
    ['empty', (file) => truncateSync(file, 0), /not a store of this proxy, or damaged/],
    ['missing an entry in a page', takeAnEntry, /damaged/],
    [
      'a text',
      (file) => writeFileSync(file, 'domain: jupyter.example.org\n'.repeat(300)),
      /not a store of this proxy/,
    ],
    [
      'another database',
      (file) => withSqlite(file, 'PRAGMA application_id = 7'),
      /not a store of this proxy/,
    ],
    [
      'of a newer version',
      (file) => withSqlite(file, 'PRAGMA user_version = 2'),
      /A newer version of the proxy wrote/,
    ],
  ];
  it.each(spoils)('is refused when it is %s', async (what, spoil, words) => {
    const error = await after(spoil, join(folders.root, what.replaceAll(' ', '-')));
    expect(error).toMatchObject({ code: 'bad-store' });
    expect(error?.message).toMatch(words);
    expect(error?.message).toContain('Nothing in it was changed');
    expect(error?.hint).toBeTruthy();
  });

  it('is refused as soon as it is read when a session was changed, and answers for the others', async () => {
    const folder = join(folders.root, 'changed');
    copyOf(whole, folder);
    const file = join(folder, 'sessions.db');
    const text = readFileSync(file, 'latin1');
    const { name } = sessions[7]!;
    expect(text).toContain(`"name":"${name}"`);
    writeFileSync(
      file,
      text.replace(`"name":"${name}"`, `"name":"fame-7"`.padEnd(name.length + 9)),
      'latin1',
    );
    const store = await openStore(folder, quiet);
    await expect(store.load()).rejects.toMatchObject({ code: 'bad-store' });
    await expect(store.read(name)).rejects.toThrow('not as it was written');
    expect(await store.read(sessions[8]!.name)).toEqual(sessions[8]);
    await store.close();
  });

  it('is refused when its log is left and it is gone', async () => {
    const folder = join(folders.root, 'gone');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'sessions.db-wal'), 'log', { mode: 0o600 });
    await expect(openStore(folder, quiet)).rejects.toMatchObject({ code: 'bad-store' });
    expect(readFileSync(join(folder, 'sessions.db-wal'), 'utf8')).toBe('log');
  });

  it('is refused and left as it is when a newer version was killed', async () => {
    const folder = join(folders.root, 'newer-killed');
    const keeper = await startKeeper(folders.module, folder);
    await keeper.store.create(newSession('big-red-fox'));
    await keeper.kill();
    const file = join(folder, 'sessions.db');
    // The version is the four bytes at 60 of the head; the log has no other head.
    const bytes = readFileSync(file);
    bytes.writeUInt32BE(2, 60);
    writeFileSync(file, bytes);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
    const before = contents(folder);
    expect((await refusalOf(folder)).message).toContain('newer version');
    expect(contents(folder)).toEqual(before);
  });

  it('takes up a database whose making was interrupted', async () => {
    const folder = join(folders.root, 'half-made');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'sessions.db.new'), 'half');
    mkdirSync(join(folder, 'sessions.db.new.lock'));
    const store = await openStore(folder, quiet);
    expect(await store.load()).toEqual([]);
    await store.close();
    expect(readdirSync(folder).sort()).toEqual(['lock', 'sessions.db']);
  });
});

async function refusalOf(folder: string): Promise<StartJupyterError> {
  return openStore(folder, quiet).then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error as StartJupyterError,
  );
}

/** Everything in the folder by name, as a digest; without SQLite's lock, which a killed proxy leaves, and ours. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((name) => name !== 'sessions.db.lock' && name !== 'lock');
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** Not every Node copies a folder's mode. */
function copyOf(whole: string, folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  cpSync(whole, folder, { recursive: true });
  chmodSync(folder, 0o700);
}

/** Leaves the last entry out of a page's list: every session that is found then is as it was, but one is not found. */
function takeAnEntry(file: string): void {
  const bytes = readFileSync(file);
  const LEAF = 0x0a;
  const page = [...Array(bytes.length / 4096).keys()]
    .slice(1)
    .find((number) => bytes[number * 4096] === LEAF)!;
  const entries = page * 4096 + 3;
  bytes.writeUInt16BE(bytes.readUInt16BE(entries) - 1, entries);
  writeFileSync(file, bytes);
}

function withSqlite(file: string, text: string): void {
  const database = new Database(file);
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec(text);
  database.close();
}
