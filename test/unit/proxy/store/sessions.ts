/** Sessions to store. */
import type { Session } from '../../../../src/proxy/registry/session.js';
import { reserve } from '../../../../src/proxy/registry/transitions.js';

export function newSession(name: string): Session {
  return reserve(
    {
      name,
      kind: 'v1',
      secretSha256: 'a'.repeat(64),
      viewerKeySha256: 'b'.repeat(64),
      certificateSha256: 'c'.repeat(64),
    },
    1_000,
  );
}

export function nextOf(session: Session, change: Partial<Session> = {}): Session {
  return { ...session, ...change, revision: session.revision + 1 } as Session;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function byName(sessions: readonly Session[]): Record<string, Session> {
  return Object.fromEntries(sessions.map((session) => [session.name, session]));
}
