import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { KnownSessions } from './known-sessions.js';
import type { Lifetimes } from './lifetimes.js';
import { Refusal } from './refusal.js';
import type { Session } from './session.js';
import { announceEnd, isLastingReport, type EndAnnounced } from './transitions.js';

export interface AnnouncementsDeps {
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  lifetimes: Lifetimes;
}

export interface Announcements {
  /** Of a redeemed session. A warning is kept in memory alone: after a restart nobody misses it. A later end is stored. */
  announceEnd(name: string, end: EndAnnounced): Promise<Session>;
}

/** How a session's own word about its end gets to it. */
export function createAnnouncements({ known, changes, clock, lifetimes }: AnnouncementsDeps): Announcements {
  return {
    async announceEnd(name, end) {
      const announced = (session: Session) => announceEnd(session, end, clock.now(), lifetimes);
      const session = known.get(name);
      if (!session) throw new Refusal('unknown-session', 'There is no such session.');
      const next = announced(session);
      if (next instanceof Refusal) throw next;
      if (isLastingReport(session, next)) return await changes.change(name, announced);
      await changes.note(name, (current) => {
        const noted = announced(current);
        // It ended while this waited for its turn.
        return noted instanceof Refusal ? current : noted;
      });
      return known.get(name) ?? next;
    },
  };
}
