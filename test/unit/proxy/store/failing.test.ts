import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../../src/proxy/registry/session.js';
import type { Store } from '../../../../src/proxy/registry/store.js';
import { startThread } from '../../../../src/proxy/store/thread.js';
import { type KeeperFolders, keeperFolders, startKeeper } from './keeper.js';
import { byName, newSession, nextOf } from './sessions.js';

const onLinuxAsRoot = describe.skipIf(process.platform !== 'linux' || process.geteuid?.() !== 0);
const LONG = 'x'.repeat(2_000);

let folders: KeeperFolders;
beforeAll(async () => (folders = await keeperFolders()));
afterAll(() => folders.remove());

/** Creates sessions until one is refused: those that were kept, and why it ended. */
async function fill(store: Store, prefix: string): Promise<{ kept: Session[]; error: Error }> {
  const kept: Session[] = [];
  for (let index = 0; ; index++) {
    const session = nextOf({ ...newSession(`${prefix}-${index}`), jobId: LONG });
    try {
      await store.create(session);
      kept.push(session);
    } catch (error) {
      return { kept, error: error as Error };
    }
  }
}

onLinuxAsRoot('a disk that fails', () => {
  it('full: each change is refused, nothing is half there, and with room again everything goes on', async () => {
    const mounted = join(folders.root, 'small');
    mkdirSync(mounted);
    // A file system of its own that goes with the process.
    const mount = 'mount -t tmpfs -o size=400k,mode=700 none "$0" && touch "$0/ballast" && exec "$@"';
    const keeper = await startKeeper(folders.module, join(mounted, 'store'), {
      before: ['unshare', '--mount', 'sh', '-c', mount, mounted],
    });
    const inside = (command: string): string =>
      execFileSync('nsenter', ['--mount', `--target=${keeper.process.pid}`, 'sh', '-c', command], {
        encoding: 'utf8',
      });
    const { store } = keeper;
    inside(`head -c 150000 /dev/zero >${mounted}/ballast`);
    const { kept, error } = await fill(store, 'first');
    expect(kept.length).toBeGreaterThan(3);
    expect(error.message).toMatch(/I\/O error|full.*bytes free/);
    for (let again = 0; again < 3; again++) {
      const refused = await Promise.allSettled([
        store.create({ ...newSession(`refused-${again}`), jobId: LONG.repeat(10) }),
        store.replace(nextOf(kept[0]!, { jobId: LONG.repeat(10) })),
      ]);
      expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    }
    expect(byName(await store.load())).toEqual(byName(kept));
    inside(`: >${mounted}/ballast`);
    const later = nextOf(kept[0]!, { jobId: 'later' });
    expect(await store.replace(later)).toBe(true);
    const more = await fill(store, 'second');
    expect(more.kept.length).toBeGreaterThan(3);
    const all = byName([...kept, later, ...more.kept]);
    expect(byName(await store.load())).toEqual(all);
    // As a start after a kill finds it, on a disk that is full still.
    const copy = join(folders.root, 'copy-of-full');
    mkdirSync(copy, { mode: 0o700 });
    const archive = join(folders.root, 'full.tar');
    writeFileSync(
      archive,
      execFileSync(
        'nsenter',
        ['--mount', `--target=${keeper.process.pid}`, 'tar', '-C', join(mounted, 'store'), '-c', '.'],
        { maxBuffer: 1e7 },
      ),
    );
    await keeper.kill();
    execFileSync('tar', ['-C', copy, '-xf', archive]);
    const next = await startKeeper(folders.module, copy);
    expect(byName(await next.store.load())).toEqual(all);
    await next.store.close();
    await next.kill();
  });

  it('read-only under way: the same', async () => {
    const folder = join(folders.root, 'immutable');
    const keeper = await startKeeper(folders.module, folder);
    const { store } = keeper;
    const first = newSession('big-red-fox');
    await store.create(first);
    const files = ['sessions.db', 'sessions.db-wal'].map((name) => join(folder, name));
    execFileSync('chattr', ['+i', ...files]);
    try {
      await expect(store.replace(nextOf(first, { jobId: '1' }))).rejects.toThrow(/bytes free/);
      await expect(store.create(newSession('old-oak-tree'))).rejects.toThrow();
      await expect(store.forget('big-red-fox')).rejects.toThrow();
      expect(await store.read('big-red-fox')).toEqual(first);
    } finally {
      execFileSync('chattr', ['-i', ...files]);
    }
    expect(await store.replace(nextOf(first, { jobId: '2' }))).toBe(true);
    await keeper.kill();
    const next = await startKeeper(folders.module, folder);
    expect(await next.store.load()).toEqual([nextOf(first, { jobId: '2' })]);
    await next.kill();
  });

  it('that cannot flush: nothing is acknowledged until it can', async () => {
    const folder = join(folders.root, 'no-flush');
    await (await startKeeper(folders.module, folder)).kill();
    // The first flushes are the opening's.
    const inject = [
      'strace',
      '-f',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync',
      '-e',
      'inject=fsync:error=EIO:when=3..6',
    ];
    const keeper = await startKeeper(folders.module, folder, { before: inject });
    expect(keeper.refused).toBeUndefined();
    const states: string[] = [];
    const kept: Session[] = [];
    for (let index = 0; index < 20; index++) {
      const session = newSession(`name-${index}`);
      const [result] = await Promise.allSettled([keeper.store.create(session)]);
      states.push(result.status);
      if (result.status === 'fulfilled') kept.push(session);
    }
    expect(states).toContain('rejected');
    expect(states.at(-1)).toBe('fulfilled');
    expect(byName(await keeper.store.load())).toEqual(byName(kept));
    await keeper.kill();
  });
});

describe('a thread that fails', () => {
  const logged: unknown[] = [];
  const log = (event: string, fields: Record<string, unknown>): void => void logged.push([event, fields]);

  /** Stands in for the database's thread: what it does when it is asked for something. */
  function program(name: string, answer: string): string {
    const file = join(folders.root, `${name}.cjs`);
    writeFileSync(
      file,
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', (message) => { ${answer} });
       parentPort.postMessage({ opened: true });`,
    );
    return file;
  }

  it('and dies: what waits is refused, what comes later as well, and the reason is logged', async () => {
    const thread = await startThread('unused', {
      log,
      program: program('dies', "throw new Error('out of memory')"),
    });
    const asked = await Promise.allSettled([
      thread.ask({ kind: 'load' }),
      thread.ask({ kind: 'read', name: 'x' }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(thread.ask({ kind: 'load' })).rejects.toThrow('out of memory');
    expect(logged).toEqual([
      ['store-failed', { error: 'The thread of the store has stopped: out of memory' }],
    ]);
    await thread.close();
  });

  it('and says nothing: what waits is refused after a time, and closing comes to an end', async () => {
    const silent = program('silent', 'if (message.close) process.exit()');
    const thread = await startThread('unused', { log, program: silent, answerMs: 50 });
    const asked = await Promise.allSettled([
      thread.ask({ kind: 'load' }),
      thread.ask({ kind: 'read', name: 'x' }),
    ]);
    for (const result of asked)
      expect(String((result as PromiseRejectedResult).reason)).toContain('did not answer');
  });
});

describe('the log of a store', () => {
  it('is written over into the database when all is quiet', async () => {
    const folder = join(folders.root, 'quiet');
    const keeper = await startKeeper(folders.module, folder);
    await keeper.store.create(newSession('big-red-fox'));
    const log = join(folder, 'sessions.db-wal');
    await expect
      .poll(() => execFileSync('stat', ['-c', '%s', log], { encoding: 'utf8' }).trim(), { timeout: 20_000 })
      .toBe('0');
    await keeper.kill();
    // Not needed any more: whatever becomes of it.
    rmSync(log);
    expect(existsSync(log)).toBe(false);
    const next = await startKeeper(folders.module, folder);
    expect(await next.store.load()).toEqual([newSession('big-red-fox')]);
    await next.kill();
  });
});
