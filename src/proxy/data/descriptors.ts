/** How the process's descriptors are shared out, so that their sum is never above the limit. */
import { readFileSync } from 'node:fs';

export interface Shares {
  /** Connections of browsers and callers; each may need one more descriptor to its backend. */
  connections: number;
  /** Connections of the proxy's own: tethers of classic sessions, and looks at certificates at a redeem. */
  proofs: number;
}

/** What systems that do not say it are sure to give. */
const FALLBACK = 1024;
/** The store, logs, listeners and what Node needs itself. */
const OWN_FILES = 64;

/** From the process's limit of open files, as Linux says it in /proc. */
export function shareDescriptors(limitsFile = '/proc/self/limits'): Shares {
  const all = softLimit(limitsFile);
  const proofs = Math.floor(all / 8);
  return { proofs, connections: Math.floor((all - proofs - Math.min(OWN_FILES, all / 4)) / 2) };
}

function softLimit(limitsFile: string): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync(limitsFile, 'utf8'))?.[1];
    return Number(soft ?? FALLBACK);
  } catch {
    return FALLBACK;
  }
}
