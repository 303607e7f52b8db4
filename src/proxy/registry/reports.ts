import type { JobReport } from '../../satellite/protocol.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { KnownSessions } from './known-sessions.js';
import type { EndCause, Session } from './session.js';
import { endedByReport, report } from './transitions.js';

export interface ReportsDeps {
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  endSession: (name: string, cause: EndCause) => Promise<Session>;
}

/** By job id. */
type Jobs = ReadonlyMap<string, JobReport>;

export interface Reports {
  /** What a trusted feeder says: an ended job ends its v1 sessions. */
  reportJobs(jobs: Jobs): Promise<void>;
  /** What update-jobs.cgi says: seen of classic sessions only, and ends nothing. */
  reportClassicJobs(jobs: Jobs): Promise<void>;
}

/** How what is said of jobs gets to their sessions. */
export function createReports({ known, changes, clock, endSession }: ReportsDeps): Reports {
  function concerned(jobs: Jobs): [Session, JobReport][] {
    return [...known.live()].flatMap((session) => {
      const job = session.jobId === undefined ? undefined : jobs.get(session.jobId);
      return job ? [[session, job]] : [];
    });
  }

  const note = ([{ name }, job]: [Session, JobReport]): Promise<void> =>
    changes.note(name, (session) => report(session, job, clock.now()));

  return {
    async reportJobs(jobs) {
      const sessions = concerned(jobs);
      await Promise.all(sessions.map(note));
      const over = sessions.filter(([session, job]) => endedByReport(session, job));
      await Promise.all(over.map(([session]) => endSession(session.name, 'job-ended')));
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
