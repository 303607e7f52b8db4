/**
 * What every scheduler adapter can do, and the scheduler-neutral values that go in and out.
 * Adapters do not import each other; choose.ts picks one.
 */

import type { JobOutcome } from '../job-states.js';

/** A job's identity as the scheduler prints it: `123`, `123;cluster` is split before it gets here. */
export interface JobId {
  id: string;
  /** Slurm's cluster name when sbatch sent the job to another cluster than the default one. */
  cluster?: string;
  /** The local scheduler's: the session directory, where it keeps the job's state. */
  directory?: string;
}

export type JobState =
  | { phase: 'queued'; reason?: string; estimatedStart?: Date }
  | { phase: 'running'; node: string; endsAt?: Date }
  | {
      phase: 'ended';
      /** `unknown`: it is over, and nobody says how it went. */
      outcome: JobOutcome | 'unknown';
      /** In the scheduler's own words. */
      detail?: string;
      /** Of its script, when that failed with one and the scheduler says it. */
      exitStatus?: number;
    }
  | { phase: 'unknown'; why: string };

/** A job of ours, to be asked for: what has its id but not its name is somebody else's, of another cluster. */
export interface NamedJob {
  id: JobId;
  /** The unique name that it was submitted under. */
  name: string;
}

/** One partition (queue), as the scheduler itself describes it. */
export interface Partition {
  name: string;
  /** Longest walltime in minutes; undefined: unlimited or not said. */
  maxMinutes?: number;
  /** False when jobs that are there wait, whatever is free. */
  up: boolean;
  /** It takes no jobs now. */
  closed?: true;
}

/**
 * Where a value comes from. `upper` beats a template's own directive (command line, START_JUPYTER_*), `lower` gives
 * way to it (user's and site's configuration, the site's SBATCH_*, shipped default).
 */
export type Rank = 'upper' | 'lower';

/** A value of the request together with its rank. */
export interface Ranked<T> {
  value: T;
  rank: Rank;
}

/** What a job asks for. Strings have been checked against the scheduler's grammar before they get here. */
export interface JobRequest {
  /** Unique, so that the job can be found again: `jupyter-` and random characters. */
  name: string;
  /** Absolute; the session directory. */
  workingDirectory: string;
  /** Absolute; exists already with mode 0600. */
  logFile: string;
  partition?: Ranked<string>;
  account?: Ranked<string>;
  /** In minutes, or a text in the scheduler's own form (from a site's SBATCH_TIMELIMIT). */
  walltime: Ranked<number | string>;
  nodes?: Ranked<number>;
  cpus?: Ranked<number>;
  /** GPUs and the form in which this system wants them; the count may name a type (`v100:2`, from a site's SBATCH_GPUS). */
  gpus?: Ranked<{ count: number | string; form: 'gpus' | 'gres' }>;
  /** As the scheduler takes it: `4G`, `500M`. */
  memory?: Ranked<string>;
  gres?: Ranked<string>;
  qos?: Ranked<string>;
  constraint?: Ranked<string>;
  reservation?: Ranked<string>;
  /** Mail when the job starts and ends; without an address the scheduler's own idea of it. */
  mail?: Ranked<{ to?: string }>;
  /** The job's shell gets SIGUSR1 so many minutes before its time is up. */
  warnBefore?: Ranked<number>;
  /** A signal that the site wants in the place of that one, in the scheduler's own form. */
  signal?: Ranked<string>;
}

/** Directive lines for a rendered script, complete (`#SBATCH --time=30`), in two groups. */
export interface Directives {
  /** Go right under the shebang: a template's own later lines beat them. */
  lower: string[];
  /** Go after the template's own lines: they beat those. */
  upper: string[];
  /**
   * The template with its beaten directives made comments, for a scheduler of which it is not sure whether the first or
   * the last of two lines counts. Absent: it stays as it is.
   */
  template?: string;
  /** Absolute: what the script itself has to write its output to, where the scheduler keeps it until the job's end. */
  log?: string;
}

/** What a template's own directives or a site's variables ask for, each as the scheduler would read it. */
export interface Said {
  partition?: string;
  account?: string;
  time?: string;
  qos?: string;
  reservation?: string;
  constraint?: string;
  gres?: string;
  gpus?: string;
  memory?: string;
  /** A signal before the job's time is up: beside it there is no other. */
  signal?: string;
}

/** What a site's variables say of every job. */
export interface SiteVariables {
  values: Said;
  /** The names of all variables that have an effect, sorted, for --info. */
  inForce: string[];
}

export interface SubmitOptions {
  /** The job's unique name: with it a job whose id was never read is found again. */
  jobName: string;
  /** `--scheduler-arg`, passed on as they are. */
  extraArguments: readonly string[];
  signal?: AbortSignal;
}

export interface Scheduler {
  readonly kind: 'slurm' | 'torque' | 'pbs' | 'local';
  /**
   * Pure. Throws StartJupyterError('bad-option') for what this scheduler cannot do.
   * @param template the text into which they go
   */
  directives(request: JobRequest, template: string): Directives;
  /** What a template's own directives ask for, as far as the launcher has to know it. Pure. */
  ownDirectives(template: string): Said;
  /** The site's layer below options, templates and the user's configuration. */
  siteVariables(): SiteVariables;
  /** Reads a time in the scheduler's own form, in minutes; Infinity: no limit; undefined: it is no time. */
  minutes(text: string): number | undefined;
  /** The exact command that submit runs, for --info and --dry-run. */
  submitCommand(scriptPath: string, extraArguments: readonly string[]): string[];
  /**
   * Submits a script. Throws StartJupyterError: 'scheduler-refused' (detail: its own words; no job exists),
   * 'scheduler-unreachable', or 'interrupted' after an aborted signal, when no job exists any more.
   */
  submit(scriptPath: string, options: SubmitOptions): Promise<JobId>;
  /** Never throws for a scheduler that does not answer: that is `{phase: 'unknown'}`. */
  inspect(id: JobId, signal?: AbortSignal): Promise<JobState>;
  /**
   * The same for many jobs with one question, by `id.id`; all of them are of one cluster. What the answer does not tell is
   * `{phase: 'unknown'}`, and so is a job under whose id there is one of another name.
   */
  inspectAll(jobs: readonly NamedJob[], signal?: AbortSignal): Promise<Map<string, JobState>>;
  /**
   * The jobs of a unique name, where an id was never read: none, as far as those go that have not ended. Undefined: it cannot
   * be asked.
   */
  find(name: string, signal?: AbortSignal): Promise<JobId[] | undefined>;
  /** Whether it signals a job before its time is up, when the request says so; else the job has to look at the clock. */
  readonly warns: boolean;
  /** Resolves when the job is cancelled or was over already. */
  cancel(id: JobId): Promise<void>;
  /** The command with which a person ends the job; empty: there is none. */
  cancelCommand(id: JobId): string[];
  /** What partitions there are; undefined when the scheduler cannot be asked. */
  partitions(signal?: AbortSignal): Promise<Partition[] | undefined>;
  /**
   * Whether the programs here belong to another scheduler after all, in words for a warning; undefined: nothing speaks
   * against this one. Throws StartJupyterError('bad-configuration') when no job could be sent with them.
   */
  doubt?(signal?: AbortSignal): Promise<string | undefined>;
}
