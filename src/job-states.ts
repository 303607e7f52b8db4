/**
 * What the schedulers' words for a job's state mean for a session, for the launcher (which asks the scheduler) and the
 * proxy (which is told). A state that is not in a table is unknown: never ended. Sources: squeue(1) and sacct(1), JOB STATE
 * CODES; qstat(1) and pbs_job_attributes(7) of Torque 6.1 and OpenPBS 23.06, and what running ones printed.
 */

/** `waiting`: may still start; `alive`: holds its nodes; `ended`: will not run again. */
export type JobPhase = 'waiting' | 'alive' | 'ended' | 'unknown';

const STATES: Record<Exclude<JobPhase, 'unknown'>, string> = {
  waiting: `PENDING PD CONFIGURING CF REQUEUED RQ REQUEUE_FED RF REQUEUE_HOLD RH RESV_DEL_HOLD RD
    SPECIAL_EXIT SE POWER_UP_NODE PO`,
  alive: `RUNNING R COMPLETING CG SUSPENDED S STOPPED ST SIGNALING SI STAGE_OUT SO RESIZING RS`,
  ended: `COMPLETED CD CANCELLED CA FAILED F TIMEOUT TO NODE_FAIL NF BOOT_FAIL BF DEADLINE DL
    OUT_OF_MEMORY OOM PREEMPTED PR REVOKED RV LAUNCH_FAILED`,
};

const PHASES = new Map(
  Object.entries(STATES).flatMap(([phase, names]) =>
    names.split(/\s+/).map((name) => [name, phase as JobPhase] as const),
  ),
);

/** The state's bare name: sacct writes `CANCELLED by 1000`, a cut-off column `CANCELLED+`. */
export function slurmStateName(text: string): string {
  return /^[A-Z_]+/.exec(text.trim().toUpperCase())?.[0] ?? '';
}

/** The phase of a state in its long or short form, upper or lower case. */
export function slurmPhase(text: string): JobPhase {
  return PHASES.get(slurmStateName(text)) ?? 'unknown';
}

/** Slurm's final states. */
const OUTCOMES = {
  completed: 'COMPLETED CD',
  failed: 'FAILED F',
  cancelled: 'CANCELLED CA',
  'timed-out': 'TIMEOUT TO DEADLINE DL',
  'out-of-memory': 'OUT_OF_MEMORY OOM',
  'node-failed': 'NODE_FAIL NF BOOT_FAIL BF LAUNCH_FAILED',
  preempted: 'PREEMPTED PR',
};

/** How a job ended, in the protocol's words (satellite/protocol.ts). */
export type JobOutcome = keyof typeof OUTCOMES;

const OUTCOME_OF = new Map(
  Object.entries(OUTCOMES).flatMap(([outcome, names]) =>
    names.split(' ').map((name) => [name, outcome as JobOutcome] as const),
  ),
);

/**
 * The outcome that a final state tells, in its long or short form. Undefined for every other state, and for REVOKED: then
 * the job is another cluster's now.
 */
export function slurmOutcome(text: string): JobOutcome | undefined {
  return OUTCOME_OF.get(slurmStateName(text));
}

/** The attributes of a job as `qstat -f` names them (qstat-text.ts). */
export type QstatValues = ReadonlyMap<string, string>;

/** Both kinds of `qstat`: their letters differ, and how they say that a job has ended. */
export type QstatKind = 'torque' | 'pbs';

/** T: on its way to another queue or server. S, U: suspended. E: ending. B: an array of which some have started. */
const LETTERS: Record<QstatKind, Record<Exclude<JobPhase, 'unknown'>, string>> = {
  torque: { waiting: 'QHWT', alive: 'RSE', ended: 'C' },
  // M, moved to another server, is unknown: it lives on there.
  pbs: { waiting: 'QHWT', alive: 'RSUBE', ended: 'FX' },
};

/** The phase of `job_state`, one letter. */
export function qstatPhase(kind: QstatKind, letter: string): JobPhase {
  if (letter.length !== 1) return 'unknown';
  const { waiting, alive, ended } = LETTERS[kind];
  if (waiting.includes(letter)) return 'waiting';
  if (alive.includes(letter)) return 'alive';
  return ended.includes(letter) ? 'ended' : 'unknown';
}

/** Exit statuses that are not the job's own: what the node's daemon ended it for. */
const LIMIT_STATUSES: Record<QstatKind, ReadonlyMap<number, JobOutcome>> = {
  // Memory, walltime, CPU time.
  torque: new Map([
    [-10, 'out-of-memory'],
    [-11, 'timed-out'],
    [-12, 'timed-out'],
  ]),
  // Virtual memory, memory, CPU time, walltime.
  pbs: new Map([
    [-26, 'out-of-memory'],
    [-27, 'out-of-memory'],
    [-28, 'timed-out'],
    [-29, 'timed-out'],
  ]),
};

/** A status above 255 is 256 and the signal that ended the job; qdel sends TERM first. */
const TERMINATED = 256 + 15;
/** PBS: somebody deleted the job, whatever status its script then ended with. */
const PBS_DELETED = '91';

/** How a job ended that is in a final state; undefined where the scheduler does not say. */
export function qstatOutcome(kind: QstatKind, values: QstatValues): JobOutcome | undefined {
  const text = values.get('exit_status') ?? values.get('Exit_status');
  if (text === undefined) {
    // Without a start there is no status: it was taken out of the queue.
    return values.has('start_time') || values.has('stime') ? undefined : 'cancelled';
  }
  const status = Number(text);
  if (!/^-?\d+$/.test(text)) return undefined;
  const limit = LIMIT_STATUSES[kind].get(status);
  if (limit) return limit;
  if (status > 255 && wasOverTime(values)) return 'timed-out';
  if (status === TERMINATED || values.get('substate') === PBS_DELETED) return 'cancelled';
  return status === 0 ? 'completed' : 'failed';
}

/** Torque kills a job at its end of time in more than one way; some leave nothing but the signal. */
function wasOverTime(values: QstatValues): boolean {
  const used = qstatSeconds(values.get('resources_used.walltime'));
  const limit = qstatSeconds(values.get('Resource_List.walltime'));
  return used !== undefined && limit !== undefined && used >= limit;
}

/** A duration as both programs print it, `24:00:00` or whole seconds, in seconds. */
export function qstatSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+(:\d{1,2}){0,3}$/.test(text)) return undefined;
  const parts = text.split(':').map(Number);
  const units = [1, 60, 3600, 86_400];
  return parts.reverse().reduce((sum, part, index) => sum + part * (units[index] ?? 0), 0);
}

/** Why a job waits: what its scheduler comments, or what holds it, in a word as Slurm's (words/reasons.ts). */
export function qstatReason(values: QstatValues): string | undefined {
  const comment = values.get('comment')?.trim();
  const said = comment && /^Job (started|run) /.test(comment) ? undefined : comment;
  const state = values.get('job_state');
  if (state === 'W') return 'BeginTime';
  if (state !== 'H') return said?.replace(/^Not Running: /, '') || undefined;
  if (values.has('depend')) return 'Dependency';
  const holds = values.get('Hold_Types') ?? '';
  if (/[os]/.test(holds)) return said || 'JobHeldAdmin';
  return 'UserHold';
}
