import { messageOf } from '../../errors.js';
import type { Log } from '../operation/log.js';
import { createInTurn } from './in-turn.js';
import type { KnownSessions } from './known-sessions.js';
import { Refusal } from './refusal.js';
import type { EndedSession, Session } from './session.js';
import type { Store } from './store.js';

export interface Changes {
  /** Adds a new session; false when its name is taken. */
  add(session: Session): Promise<boolean>;
  /** Applies a transition to a session, in turn with the other changes of that session. */
  change(name: string, transition: (session: Session) => Session | Refusal): Promise<Session>;
  /**
   * Ends a session: at once, also while another change of it is being stored or the store fails. Resolves when that is
   * stored. One that has ended stays as it is.
   */
  end(name: string, transition: (session: Session) => EndedSession): Promise<Session>;
  /** Notes what need not survive a restart (a job's report), in turn as well. */
  note(name: string, transition: (session: Session) => Session): Promise<void>;
  /** Finds out what became of writes that nobody could tell of, and stores ends that were not. Rejects while it cannot. */
  settle(): Promise<void>;
}

export interface ChangesDeps {
  store: Store;
  known: KnownSessions;
  log: Log;
  onEnded: (session: EndedSession) => void;
}

/** The one way in which sessions change: one after the other for each name, through the store, then seen by lookups. */
export function createChanges({ store, known, log, onEnded }: ChangesDeps): Changes {
  const inTurn = createInTurn();
  /** Names of sessions of which the store may know more or less than we do: ends too, until they are stored. */
  const unsure = new Set<string>();

  async function written(write: () => Promise<boolean>): Promise<boolean> {
    try {
      return await write();
    } catch (error) {
      const message = messageOf(error);
      log('store-failed', { refused: 'cannot-store', error: message });
      throw new Refusal('cannot-store', 'The proxy cannot store sessions now. Please try again later.');
    }
  }

  async function replace(next: Session): Promise<Session> {
    unsure.add(next.name);
    if (!(await written(() => store.replace(next)))) throw changedElsewhere(next.name);
    const kept = known.get(next.name);
    // It ended meanwhile: that stays, and is stored in its turn.
    if (kept?.phase === 'ended' && next.phase !== 'ended') return next;
    unsure.delete(next.name);
    known.put(next);
    return next;
  }

  /**
   * Memory counts, and of what is stored only the revision: a change that nobody was told of need not be, and a stored
   * redeem whose tether was given up must not be served. What has ended here is stored as ended.
   */
  async function settleOne(name: string): Promise<void> {
    if (!unsure.has(name)) return;
    const settled = await written(async () => {
      const stored = await store.read(name);
      // Looked up only now: it may have ended while the store was asked. After an end it changes in its turn alone.
      const kept = known.get(name);
      if (!kept) return true;
      const undone = kept.phase === 'ended' && stored !== undefined && stored.phase !== 'ended';
      const revision = (stored ?? kept).revision + (undone ? 1 : 0);
      if (undone && !(await store.replace({ ...kept, revision }))) return false;
      known.put({ ...kept, revision });
      unsure.delete(name);
      return true;
    });
    if (!settled) throw changedElsewhere(name);
  }

  function change(name: string, transition: (session: Session) => Session | Refusal): Promise<Session> {
    return inTurn(name, async () => {
      await settleOne(name);
      const session = known.get(name);
      const next = session
        ? transition(session)
        : new Refusal('unknown-session', 'There is no such session.');
      if (next instanceof Refusal) throw next;
      return next === session ? session : replace({ ...next, revision: next.revision + 1 });
    });
  }

  return {
    async add(session) {
      const added = await written(() => store.create(session));
      if (added) known.put(session);
      return added;
    },
    change,
    end(name, transition) {
      const session = known.get(name);
      if (session && session.phase !== 'ended') {
        const ended = transition(session);
        known.put(ended);
        unsure.add(name);
        onEnded(ended);
      }
      // What is unsure is settled first.
      return change(name, (current) => current);
    },
    note(name, transition) {
      return inTurn(name, () => {
        const session = known.get(name);
        if (session) known.put(transition(session));
        return Promise.resolve();
      });
    },
    async settle() {
      // One first: while the store fails the others need not be tried.
      const [first, ...others] = [...unsure].map((name) => () => inTurn(name, () => settleOne(name)));
      await first?.();
      await Promise.all(others.map((settle) => settle()));
    },
  };
}

function changedElsewhere(name: string): Refusal {
  return new Refusal('cannot-store', `Something else changed ${name} just now. Please try again.`);
}
