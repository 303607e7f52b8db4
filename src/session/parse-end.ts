/** Reads `end.json`. */
import { parseObject } from './parse-object.js';
import type { SessionEnd, SessionOutcome } from './record.js';

const OUTCOMES: Record<SessionOutcome, true> = {
  completed: true,
  failed: true,
  cancelled: true,
  'timed-out': true,
  'out-of-memory': true,
  'node-failed': true,
  preempted: true,
  unknown: true,
};

/** Undefined for what cannot be understood: then it is found out again. */
export function parseEnd(json: string): SessionEnd | undefined {
  const value = parseObject(json);
  if (value === undefined) return undefined;
  const { outcome, cause, exitStatus, endedAt } = value;
  if (typeof cause !== 'string' || typeof endedAt !== 'string' || Number.isNaN(Date.parse(endedAt)))
    return undefined;
  return {
    version: 1,
    // A newer start-jupyter may know more of them.
    outcome:
      typeof outcome === 'string' && Object.hasOwn(OUTCOMES, outcome)
        ? (outcome as SessionOutcome)
        : 'unknown',
    cause,
    ...(Number.isInteger(exitStatus) ? { exitStatus: exitStatus as number } : {}),
    endedAt,
  };
}
