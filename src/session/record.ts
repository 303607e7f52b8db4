/** `session.json`: what is known of a session after the launcher has returned. It holds no secret. */
import type { Server } from '../script/call.js';

export interface SessionRecord {
  version: 1;
  id: string;
  system: string;
  scheduler: string;
  /** The unique job name, so that a job whose id was never read can be found. */
  jobName: string;
  jobId?: string;
  /** With --here: the scheduler's job in which it was started. */
  allocation?: string;
  /** Whose job that is; absent in older records. */
  allocationScheduler?: 'slurm' | 'torque' | 'pbs';
  /** Slurm's cluster, when sbatch sent the job to another one than the default. */
  cluster?: string;
  /** The full name of the machine where it was launched. */
  host?: string;
  /** How a browser reaches it; absent in older records: through a proxy. */
  connect?: 'proxy' | 'ssh';
  /** Three words. Absent without a proxy, as the three below. */
  name?: string;
  /** `https://NAME.DOMAIN/`, without the token. */
  url?: string;
  endpoint?: string;
  protocol?: 'v1' | 'classic';
  /** With SSH: the port on the person's own computer. */
  localPort?: number;
  /** With SSH: the login host that ssh goes through, NAME or NAME:PORT. */
  sshHost?: string;
  server: Server;
  rootDir: string;
  walltimeMinutes?: number;
  /** Minutes before its end at which the job is warned. */
  warnBefore?: number;
  /** ISO 8601. */
  createdAt: string;
  launcherVersion: string;
  /** What was asked for, to be asked for again. */
  asked?: AskedFor;
}

/** The options of a launch as they were typed or given by variables; paths in them are relative to `cwd`. */
export interface AskedFor {
  time?: string;
  /** By commander's names; without those that say what is shown. */
  flags: Record<string, unknown>;
  /** Which of them variables gave: those give way to what was typed. */
  fromVariables?: string[];
  cwd: string;
}

/** `end.json`: how a session ended, written once by whichever command saw it first. */
export interface SessionEnd {
  version: 1;
  outcome: SessionOutcome;
  /** A sentence for a person. */
  cause: string;
  exitStatus?: number;
  /** ISO 8601: when the job said so, else when it was seen. */
  endedAt: string;
}

/** As a job's outcome; `unknown`: nobody can say any more. */
export type SessionOutcome =
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timed-out'
  | 'out-of-memory'
  | 'node-failed'
  | 'preempted'
  | 'unknown';
