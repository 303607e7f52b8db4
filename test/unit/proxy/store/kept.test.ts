import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { end } from '../../../../src/proxy/registry/transitions.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
import { openStore } from '../../../../src/proxy/store/open-store.js';
import { type Keeper, type KeeperFolders, keeperFolders, startKeeper } from './keeper.js';
import { byName, newSession, nextOf, seeded } from './sessions.js';

const KILLS = 20;
const CLIENTS = 50;
const SEED = 4711;

let folders: KeeperFolders;
beforeAll(async () => (folders = await keeperFolders()));
afterAll(() => folders.remove());

describe('what is kept', () => {
  it('is everything, after an orderly end', async () => {
    const folder = join(folders.root, 'orderly');
    const first = await openStore(folder, () => undefined);
    const sessions = Array.from({ length: 2_500 }, (_, index) => newSession(`big-red-fox${index}`));
    await Promise.all(sessions.map((session) => first.create(session)));
    const ended = nextOf(end(sessions[0]!, 'destroyed', 2_000));
    const changes = Promise.all([first.replace(ended), first.forget(sessions[1]!.name)]);
    // What waits is written before it closes.
    await Promise.all([changes, first.close()]);
    const second = await openStore(folder, () => undefined);
    expect(byName(await second.load())).toEqual(byName([ended, ...sessions.slice(2)]));
    await second.close();
  });

  it(`is what was acknowledged, after each of ${KILLS} kills in the middle of changes`, async () => {
    const folder = join(folders.root, 'killed');
    const random = seeded(SEED);
    const truth = new Truth();
    let acknowledged = 0;
    for (let round = 0; round < KILLS; round++) {
      const atOpening = round % 4 === 3;
      const keeper = await startKeeper(folders.module, folder, {
        // Also while it opens: the first file is made, or the log of the one before is read.
        opening: atOpening
          ? (child) => void setTimeout(() => child.kill('SIGKILL'), random() * 250)
          : undefined,
      });
      expect(keeper.refused).toBeUndefined();
      if (!atOpening) acknowledged += await changeUntilKilled(keeper, truth, round, random);
      await keeper.kill();
      const store = await openStore(folder, () => undefined);
      truth.compare(await store.load());
      // A database that was closed in order next time, and one with a log the time after.
      if (random() < 0.5) await store.close();
      else await Promise.all([store.create(truth.kept(newSession(`between-${round}`))), store.close()]);
    }
    // Else this would show nothing.
    expect(acknowledged).toBeGreaterThan(KILLS * 20);
  }, 120_000);
});

/** What must be there, and what may be: of a change without an answer nobody knows whether it was made. */
class Truth {
  private readonly surely = new Map<string, Session>();
  private readonly perhaps = new Map<string, Session | null>();

  kept(session: Session): Session {
    this.surely.set(session.name, session);
    return session;
  }

  /** Resolves with whether it was acknowledged. */
  async during(name: string, after: Session | null, change: Promise<unknown>): Promise<boolean> {
    this.perhaps.set(name, after);
    try {
      await change;
    } catch {
      return false;
    }
    this.perhaps.delete(name);
    if (after) this.surely.set(name, after);
    else this.surely.delete(name);
    return true;
  }

  compare(loaded: readonly Session[]): void {
    const found = byName(loaded);
    for (const [name, after] of this.perhaps) {
      const before = this.surely.get(name);
      const really = found[name];
      expect([before, after ?? undefined], name).toContainEqual(really);
      if (really) this.surely.set(name, really);
      else this.surely.delete(name);
    }
    this.perhaps.clear();
    expect(found).toEqual(Object.fromEntries(this.surely));
  }
}

async function changeUntilKilled(
  keeper: Keeper,
  truth: Truth,
  round: number,
  random: () => number,
): Promise<number> {
  let acknowledged = 0;
  const last = Math.floor(20 + random() * 300);
  const { store } = keeper;
  const done = (yes: boolean): boolean => {
    if (yes && ++acknowledged === last) keeper.process.kill('SIGKILL');
    return yes;
  };
  async function client(index: number): Promise<void> {
    for (let turn = 0; ; turn++) {
      let session = newSession(`round${round}-client${index}-turn${turn}`);
      const { name } = session;
      if (!done(await truth.during(name, session, store.create(session)))) return;
      for (let change = Math.floor(random() * 4); change > 0; change--) {
        session = nextOf(session, { jobId: String(random()) });
        if (!done(await truth.during(name, session, store.replace(session)))) return;
      }
      if (random() < 0.5) continue;
      session = nextOf(end(session, 'destroyed', 2_000));
      if (!done(await truth.during(name, session, store.replace(session)))) return;
      if (random() < 0.5) continue;
      if (!done(await truth.during(name, null, store.forget(name)))) return;
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  return acknowledged;
}
