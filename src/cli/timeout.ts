/** `--timeout`: a wait, where seconds count, unlike a job's time. Pure. */
import { badTimeout } from '../words/following.js';

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const LONGEST_MS = 365 * UNIT_MS.d;

/** In milliseconds. @throws StartJupyterError 'bad-option' */
export function parseTimeout(option: string, text: string): number {
  const typed = text.trim();
  const match = /^(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m(?:in)?)?\s*(?:(\d+)s)?$/i.exec(
    /^\d+$/.test(typed) ? `${typed}m` : typed,
  );
  if (!match || typed === '') throw badTimeout(option, text);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((field: string | undefined) => Number(field ?? 0));
  const total = days * UNIT_MS.d + hours * UNIT_MS.h + minutes * UNIT_MS.m + seconds * UNIT_MS.s;
  if (total === 0) throw badTimeout(option, text, ': that is no time at all');
  if (!(total <= LONGEST_MS)) throw badTimeout(option, text, ': that is more than a year');
  return total;
}
