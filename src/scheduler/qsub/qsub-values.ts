/** What Torque and PBS have in common of a request's values. Pure. */
import { hhmmss } from '../duration.js';
import type { QsubOption } from './qsub-lines.js';
import type { Wish } from './qsub-own.js';
import { notOneQueue } from '../../words/qsub.js';
import type { JobRequest } from '../scheduler.js';

const MINUTE_SECONDS = 60;

/** Queue, account, time and mail. Throws 'bad-option' for several queues. */
export function commonWishes({ partition, account, walltime, mail }: JobRequest): Wish[] {
  if (partition && /[,:+]/.test(partition.value)) throw notOneQueue(partition.value);
  const time = walltime.value;
  return [
    ...(partition ? [{ letter: 'q', ...partition }] : []),
    ...(account ? [{ letter: 'A', ...account }] : []),
    // A bare number would mean seconds here.
    { ...walltime, letter: 'l', resource: 'walltime', value: typeof time === 'number' ? hhmmss(time) : time },
    // When it is aborted, begins and ends.
    ...(mail ? [{ letter: 'm', value: 'abe', rank: mail.rank }] : []),
    ...(mail?.value.to === undefined ? [] : [{ letter: 'M', value: mail.value.to, rank: mail.rank }]),
  ];
}

/** How long a path in -o may be, and of what, so that nobody reads a host, a variable or an array's index in it. */
const PLAIN_PATH = /^[A-Za-z0-9_.,=+@%/-]{1,500}$/;

/**
 * What the session rests on, whatever a template says: the job is found by its name, bash runs it, it runs once, and what
 * the scheduler keeps of its output (the lines before the script's own log, and why it was killed) comes into the private
 * directory. A path that -o cannot say is left out: then it is the directory where qsub runs, which is the same.
 */
export function sessionOptions({ name, workingDirectory }: JobRequest): QsubOption[] {
  const spooled = `${workingDirectory}/scheduler.log`;
  return [
    { letter: 'N', value: name },
    { letter: 'S', value: '/bin/bash' },
    { letter: 'r', value: 'n' },
    { letter: 'j', value: 'oe' },
    ...(PLAIN_PATH.test(spooled) ? [{ letter: 'o', value: spooled }] : []),
  ];
}

/** `4G` as `4gb`; a number alone is megabytes, as with Slurm. */
export function sizeText(memory: string, times = 1): string {
  const [, number = '', unit = ''] = /^(\d+)([KMGT]?)$/i.exec(memory) ?? [];
  return `${Number(number) * times}${(unit || 'M').toLowerCase()}b`;
}

/** `[[[days:]hours:]minutes:]seconds`, seconds alone when bare, in minutes rounded up; undefined: no time, or none at all. */
export function parseQsubTime(text: string): number | undefined {
  const fields = /^\d+(?::\d+){0,3}$/.test(text.trim()) ? text.trim().split(':').map(Number) : [];
  const units = [1, 60, 3600, 86_400];
  const seconds = fields.reverse().reduce((sum, field, index) => sum + field * (units[index] ?? 0), 0);
  return seconds === 0 ? undefined : Math.ceil(seconds / MINUTE_SECONDS);
}
