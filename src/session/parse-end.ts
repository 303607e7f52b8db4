/** Reads `end.json`. */
import { isObject } from './parse-record.js';
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
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
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
