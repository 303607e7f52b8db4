import type { JobReport } from '../../satellite/protocol.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { KnownSessions } from './known-sessions.js';
import type { Lifetimes } from './lifetimes.js';
import type { EndCause, Session } from './session.js';
import { sideBySide } from './side-by-side.js';
import { endedByReport, isLastingReport, report } from './transitions.js';

export interface ReportsDeps {
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  lifetimes: Lifetimes;
  endSession: (name: string, cause: EndCause) => Promise<Session>;
}

/** A job gives its name back before the scheduler says how it ended. */
const OUTCOME_WANTED_MS = 15 * 60_000;

/** By job id. */
type Jobs = ReadonlyMap<string, JobReport>;

export interface Reports {
  /** What a trusted feeder says: an ended job ends its v1 sessions. */
  reportJobs(jobs: Jobs): Promise<void>;
  /** The jobs of which a feeder's report would be of use, in no order. */
  wantedJobs(): string[];
  /** What update-jobs.cgi says: seen of classic sessions only, and ends nothing. */
  reportClassicJobs(jobs: Jobs): Promise<void>;
}

/** How what is said of jobs gets to their sessions. */
export function createReports({ known, changes, clock, lifetimes, endSession }: ReportsDeps): Reports {
  function concerned(jobs: Jobs): [Session, JobReport][] {
    return [...known.live(), ...known.endedSince(clock.now() - OUTCOME_WANTED_MS)].flatMap((session) => {
      const job = session.jobId === undefined ? undefined : jobs.get(session.jobId);
      return job ? [[session, job]] : [];
    });
  }

  async function note([session, job]: [Session, JobReport]): Promise<void> {
    const reported = (current: Session) => report(current, job, clock.now(), lifetimes);
    if (isLastingReport(session, reported(session))) await changes.change(session.name, reported);
    else await changes.note(session.name, reported);
  }

  function wantedJobs(): string[] {
    const endedUnexplained = known
      .endedSince(clock.now() - OUTCOME_WANTED_MS)
      .filter(({ job }) => job?.outcome === undefined);
    const ids = [...known.live(), ...endedUnexplained].map(({ jobId }) => jobId);
    return [...new Set(ids.filter((id) => id !== undefined))];
  }

  return {
    wantedJobs,
    async reportJobs(jobs) {
      const sessions = concerned(jobs);
      // What cannot be stored of one job keeps no session of another one open.
      await sideBySide(
        sessions.flatMap(([session, job]) => [
          note([session, job]),
          ...(endedByReport(session, job) ? [endSession(session.name, 'job-ended')] : []),
        ]),
      );
    },
    async reportClassicJobs(jobs) {
      await Promise.all(
        concerned(jobs)
          .filter(([session]) => session.kind === 'classic')
          .map(note),
      );
    },
  };
}
