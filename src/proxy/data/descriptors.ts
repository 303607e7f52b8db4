import { readFileSync } from 'node:fs';

/** What systems that do not say it are sure to give. */
const FALLBACK = 1024;

/**
 * How many connections of browsers may be open at once: half of the process's descriptors, since each may need one more to
 * its backend. Linux says the limit in /proc.
 */
export function connectionLimit(limitsFile = '/proc/self/limits'): number {
  let limits: string;
  try {
    limits = readFileSync(limitsFile, 'utf8');
  } catch {
    return FALLBACK / 2;
  }
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return Math.floor(Number(soft ?? FALLBACK) / 2);
}
