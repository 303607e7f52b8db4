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
