import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/proxy/registry/session.js';
import type { Store } from '../../src/proxy/registry/store.js';
import { end, reserve } from '../../src/proxy/registry/transitions.js';

/** What every store must do. `open` gives a new, empty store each time. */
export function describeStore(kind: string, open: () => Promise<Store>): void {
  const session = (name: string): Session =>
    reserve({ name, kind: 'v1', secretSha256: 'a'.repeat(64) }, 1_000);
  const next = (from: Session, change: Partial<Session> = {}): Session =>
    ({ ...from, ...change, revision: from.revision + 1 }) as Session;

  describe(`${kind} store`, () => {
    it('gives back everything that was created, with every fact', async () => {
      const store = await open();
      const linked: Session = { ...session('big-red-fox'), jobId: '17' };
      expect(await store.create(session('old-oak-tree'))).toBe(true);
      expect(await store.create(linked)).toBe(true);
      const loaded = await store.load();
      expect(loaded).toHaveLength(2);
      expect(loaded).toContainEqual(linked);
      expect(loaded).toContainEqual(session('old-oak-tree'));
      await store.close();
    });

    it('creates a name once, also of many at the same time', async () => {
      const store = await open();
      const tries = Array.from({ length: 40 }, () => store.create(session('big-red-fox')));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      await store.close();
    });

    it('does not create a name that has a tombstone until that is forgotten', async () => {
      const store = await open();
      const alive = session('big-red-fox');
      await store.create(alive);
      expect(await store.replace(next(end(alive, 'destroyed', 2_000)))).toBe(true);
      expect(await store.create(alive)).toBe(false);
      expect((await store.load())[0]).toMatchObject({ phase: 'ended', cause: 'destroyed' });
      await store.forget('big-red-fox');
      expect(await store.load()).toEqual([]);
      expect(await store.create(alive)).toBe(true);
      await store.close();
    });

    it('lets exactly one of many changes of the same revision win', async () => {
      const store = await open();
      const first = session('big-red-fox');
      await store.create(first);
      const changes = Array.from({ length: 40 }, (_, job) => next(first, { jobId: String(job) }));
      const won = await Promise.all(changes.map((change) => store.replace(change)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.load()).toEqual([changes[won.indexOf(true)]]);
      await store.close();
    });

    it('refuses a change of what is not there or not the newest', async () => {
      const store = await open();
      const first = session('big-red-fox');
      expect(await store.replace(next(first))).toBe(false);
      await store.create(first);
      expect(await store.replace(first)).toBe(false);
      expect(await store.replace(next(next(first)))).toBe(false);
      expect(await store.load()).toEqual([first]);
      await store.close();
    });

    it('reads a name as it is stored, after every change that was asked for before', async () => {
      const store = await open();
      const first = session('big-red-fox');
      expect(await store.read('big-red-fox')).toBeUndefined();
      const created = store.create(first);
      const changed = store.replace(next(first, { jobId: '17' }));
      expect(await store.read('big-red-fox')).toEqual(next(first, { jobId: '17' }));
      expect(await Promise.all([created, changed])).toEqual([true, true]);
      await store.forget('big-red-fox');
      expect(await store.read('big-red-fox')).toBeUndefined();
      await store.close();
    });

    it('keeps texts of every kind, and undefined facts as absent ones', async () => {
      const store = await open();
      const odd = {
        ...session('big-red-fox'),
        jobId: `1'7"; DROP TABLE session; -- ü€😀\\u0000`,
        job: undefined,
      };
      await store.create(odd);
      expect(await store.read('big-red-fox')).toEqual(odd);
      expect(await store.load()).toEqual([odd]);
      await store.close();
    });

    it('forgets a name that is not there without a complaint', async () => {
      const store = await open();
      await expect(store.forget('big-red-fox')).resolves.toBeUndefined();
      await store.close();
    });
  });
}
