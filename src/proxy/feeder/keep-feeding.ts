import { setTimeout as pause } from 'node:timers/promises';
import { StartJupyterError } from '../../errors.js';
import type { Fed, Feed } from './feeds.js';

export interface Feeding {
  feed: Feed;
  intervalMs: number;
  /** A person reads it: only what has changed is said. */
  say: (text: string) => void;
  signal: AbortSignal;
}

/** A proxy that is away is asked less often, up to this. */
const LONGEST_PAUSE_MS = 120_000;

/** Feeds until the signal. What fails is said once and tried again; throws only what should not happen. */
export async function keepFeeding({ feed, intervalMs, say, signal }: Feeding): Promise<void> {
  const stopped = () => signal.aborted;
  let proxyFailures = 0;
  let trouble: string | undefined;
  while (!stopped()) {
    const { kind, text } = await feed(signal).then(doubts, (error: unknown) => failure(error, signal));
    if (stopped()) return;
    if (kind !== trouble) say(text ?? 'Job states are reported again.');
    trouble = kind;
    proxyFailures = kind?.startsWith('proxy-') ? proxyFailures + 1 : 0;
    await pause(pauseMs(intervalMs, proxyFailures), undefined, { signal }).catch(() => undefined);
  }
}

/** The first try comes after the interval, then the pauses double. */
export function pauseMs(intervalMs: number, failures: number): number {
  const doubled = intervalMs * 2 ** Math.max(0, failures - 1);
  return Math.min(doubled, Math.max(intervalMs, LONGEST_PAUSE_MS));
}

interface Trouble {
  /** Of the same kind is the same trouble; undefined: none. */
  kind?: string;
  text?: string;
}

function failure(error: unknown, signal: AbortSignal): Trouble {
  if (signal.aborted) return {};
  if (!(error instanceof StartJupyterError)) throw error;
  const words = [error.message, error.detail, error.hint].filter((part) => part !== undefined);
  return { kind: error.code, text: `${words.join('\n')}\nNothing is reported; it is tried again.` };
}

/** What is no failure, but not as it should be. */
export function doubts({ wanted = 0, found, complete }: Fed): Trouble {
  if (!complete) {
    const text =
      'A part of the scheduler’s answer is not understood: no job is taken for gone as long as that lasts.';
    return { kind: 'incomplete', text };
  }
  if (wanted === 0 || found !== 0) return {};
  const text =
    'The queue has none of the proxy’s jobs. If there should be some: this user may not see them (PrivateData of slurm.conf, query_other_jobs of PBS and Torque), or they are another cluster’s.';
  return { kind: 'none-found', text };
}
