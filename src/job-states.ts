/**
 * What Slurm's state names mean for a session, for the launcher (which asks Slurm) and the proxy (which is told).
 * A state that is not in the table is unknown: never ended. Source: squeue(1) and sacct(1), JOB STATE CODES.
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

/** How a job ended, in the protocol's words (satellite/protocol.ts). */
const OUTCOMES = {
  completed: 'COMPLETED CD',
  failed: 'FAILED F',
  cancelled: 'CANCELLED CA',
  'timed-out': 'TIMEOUT TO DEADLINE DL',
  'out-of-memory': 'OUT_OF_MEMORY OOM',
  'node-failed': 'NODE_FAIL NF BOOT_FAIL BF LAUNCH_FAILED',
  preempted: 'PREEMPTED PR',
};

const OUTCOME_OF = new Map(
  Object.entries(OUTCOMES).flatMap(([outcome, names]) =>
    names.split(' ').map((name) => [name, outcome as keyof typeof OUTCOMES] as const),
  ),
);

/**
 * The outcome that a final state tells, in its long or short form. Undefined for every other state, and for REVOKED: then
 * the job is another cluster's now.
 */
export function slurmOutcome(text: string): keyof typeof OUTCOMES | undefined {
  return OUTCOME_OF.get(slurmStateName(text));
}
