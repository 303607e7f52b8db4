import type { JobReport } from '../../satellite/protocol.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { KnownSessions } from './known-sessions.js';
import type { Lifetimes } from './lifetimes.js';
import type { Session } from './session.js';
import { sideBySide } from './side-by-side.js';
import { end, endedByReport, isLastingReport, report } from './transitions.js';

export interface ReportsDeps {
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  lifetimes: Lifetimes;
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
export function createReports({ known, changes, clock, lifetimes }: ReportsDeps): Reports {
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

  async function over({ name }: Session, job: JobReport): Promise<void> {
    const now = clock.now();
    await changes.end(name, (current) => end(report(current, job, now, lifetimes), 'job-ended', now));
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
        sessions.map(([session, job]) =>
          endedByReport(session, job) ? over(session, job) : note([session, job]),
        ),
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
