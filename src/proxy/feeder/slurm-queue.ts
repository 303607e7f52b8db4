/** squeue's listing as reports. Pure. */
import { slurmOutcome, slurmPhase, slurmStateName } from '../../job-states.js';
import type { JobReport } from '../../satellite/protocol.js';
import { isoTime, runningReport } from './running-report.js';
import type { Queue } from './scheduler.js';

/** Cannot occur in an id, a reason or a state. */
const SEPARATOR = '\x1f';

/**
 * Id, the id of its own that an array's task has, the array's id, state, reason, start or its estimate, end. The letters of
 * -o are the same in every Slurm.
 */
export const QUEUE_FORMAT = ['%i', '%A', '%F', '%T', '%r', '%S', '%e'].join(SEPARATOR);

interface Line {
  id: string;
  ownId: string;
  arrayId: string;
  state: string;
  reason: string;
  start: string;
  end: string;
}

/** A line that is not understood is passed over, and the listing then counts as incomplete. `now` in milliseconds. */
export function readSlurmQueue(text: string, now: number): Queue & { passedOver: number } {
  const lines: Line[] = [];
  const tasks = new Map<string, Line[]>();
  const byId = new Map<string, Line>();
  const rows = text.split('\n');
  // What is behind the last line's end is a line that was cut.
  let passedOver = rows.pop() === '' ? 0 : 1;
  for (const line of rows.map(readLine)) {
    if (!line) {
      passedOver++;
      continue;
    }
    lines.push(line);
    byId.set(line.ownId, line);
    if (line.id !== line.arrayId && line.id.includes('_')) {
      tasks.set(line.arrayId, tasks.get(line.arrayId) ?? []);
      tasks.get(line.arrayId)?.push(line);
    }
  }
  for (const line of lines) byId.set(line.id, line);

  function find(jobId: string): Line | undefined {
    const [, arrayId = '', index] = /^(\d+)_(\d+)$/.exec(jobId) ?? [];
    if (index === undefined) return mostAlive(tasks.get(jobId)) ?? byId.get(jobId);
    return byId.get(jobId) ?? tasks.get(arrayId)?.find((line) => standsFor(line, Number(index)));
  }

  return {
    passedOver,
    complete: passedOver === 0,
    reportOf(jobId) {
      const line = find(jobId);
      return line && reportOfLine(line, now);
    },
    states: () =>
      lines.flatMap(({ id, ownId, state }) => [...new Set([id, ownId])].map((jobId) => ({ jobId, state }))),
  };
}

function readLine(text: string): Line | undefined {
  const [id = '', ownId = '', arrayId = '', state = '', reason = '', start = '', end, ...more] =
    text.split(SEPARATOR);
  const known = /^\d+([_+]\S+)?$/.test(id) && /^\d+$/.test(ownId) && /^\d+$/.test(arrayId) && state !== '';
  return known && end !== undefined && more.length === 0
    ? { id, ownId, arrayId, state, reason, start, end }
    : undefined;
}

/** An array as a whole ends with its last task. */
function mostAlive(tasks: readonly Line[] | undefined): Line | undefined {
  const of = (phase: string) => tasks?.find(({ state }) => slurmPhase(state) === phase);
  return of('alive') ?? of('waiting') ?? of('unknown') ?? of('ended');
}

/** Whether this task is one of those that wait on one line: `17_[3,5-9:2%4]`, cut with `...` when it is long. */
function standsFor({ id }: Line, index: number): boolean {
  const ranges = /_\[([^\]%]*)/.exec(id)?.[1]?.split(',') ?? [];
  return ranges.some((range) => {
    const [, first = '', last = first, step = '1'] = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(range) ?? [];
    if (first === '') return false;
    return index >= Number(first) && index <= Number(last) && (index - Number(first)) % Number(step) === 0;
  });
}

function reportOfLine(line: Line, now: number): JobReport {
  const phase = slurmPhase(line.state);
  if (phase === 'waiting') return waiting(line, now);
  if (phase === 'alive') return running(line, now);
  if (phase === 'ended') return endedReport(line.state);
  return { state: 'unknown' };
}

/** Of a final state. REVOKED: another cluster of the federation has started the job. */
export function endedReport(state: string): JobReport {
  if (/^(REVOKED|RV)$/.test(slurmStateName(state))) return { state: 'unknown' };
  const outcome = slurmOutcome(state);
  return { state: 'ended', ...(outcome && { outcome }) };
}

function waiting({ reason, start }: Line, now: number): JobReport {
  // `ReqNodeNotAvail, UnavailableNodes:...`: what it concerns may be a long list.
  const name = reason.split(',')[0]?.trim();
  const estimate = time(start);
  return {
    state: 'waiting',
    ...(name && name !== 'None' && { reason: name }),
    ...(estimate !== undefined && estimate > now && { estimatedStart: isoTime(estimate) }),
  };
}

function running({ start, end }: Line, now: number): JobReport {
  return runningReport({ startedAt: time(start), endsAt: time(end), unlimited: end === 'NONE' }, now);
}

/** Seconds since the epoch, as SLURM_TIME_FORMAT=%s makes Slurm print them; `N/A` and `NONE` are none. In milliseconds. */
function time(text: string): number | undefined {
  return /^[1-9]\d{8,10}$/.test(text) ? Number(text) * 1000 : undefined;
}
