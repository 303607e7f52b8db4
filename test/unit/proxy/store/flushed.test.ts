import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../../src/proxy/registry/session.js';
import { openStore } from '../../../../src/proxy/store/open-store.js';
import { type KeeperFolders, keeperFolders, startKeeper } from './keeper.js';
import { PoweredDisk, TRACED } from './power-cut.js';
import { byName, newSession, nextOf } from './sessions.js';

const onLinux = describe.skipIf(process.platform !== 'linux');

let folders: KeeperFolders;
beforeAll(async () => (folders = await keeperFolders()));
afterAll(() => folders.remove());

onLinux('what is acknowledged', () => {
  it('is there after a power cut right after any of the answers', async () => {
    const folder = join(folders.root, 'traced');
    const trace = join(folders.root, 'trace');
    const keeper = await startKeeper(folders.module, folder, { before: ['strace', ...TRACED, '-o', trace] });
    const { store } = keeper;
    const asked: (Session | null)[] = [];
    const create = (session: Session): Promise<unknown> => (asked.push(session), store.create(session));
    const replace = (session: Session): Promise<unknown> => (asked.push(session), store.replace(session));
    const first = newSession('big-red-fox');
    await create(first);
    await replace(nextOf(first, { jobId: '1' }));
    await Promise.all(Array.from({ length: 20 }, (_, index) => create(newSession(`at-once-${index}`))));
    // The log is written over into the database meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await create(newSession('after-quiet'));
    await replace(nextOf(nextOf(first, { jobId: '2' })));
    await store.close();
    await keeper.kill();

    const disk = new PoweredDisk(folder);
    const cuts: { left: string; answered: number[] }[] = [];
    const answered: number[] = [];
    disk.play(readFileSync(trace, 'utf8'), (line) => {
      const said = JSON.parse(line) as { id?: number };
      if (said.id !== undefined && asked[said.id]) answered.push(said.id);
      // Of answers given at once, the last one and so all of them.
      const left = join(folders.root, `cut-${cuts.length}`);
      disk.leave(left);
      cuts.push({ left, answered: [...answered] });
    });
    expect(answered).toHaveLength(asked.length);
    expect(cuts).toHaveLength(asked.length + 2);
    for (const cut of cuts) {
      const reopened = await openStore(cut.left, () => undefined);
      const found = byName(await reopened.load());
      await reopened.close();
      const expected = byName(cut.answered.map((id) => asked[id]!));
      expect(found, cut.left).toMatchObject(expected);
    }
    // Else the flushes of the last cut alone would have been looked at.
    expect(new Set(cuts.map(({ answered: some }) => some.length)).size).toBeGreaterThan(20);
  }, 120_000);
});
