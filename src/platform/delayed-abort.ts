/** A signal that follows another one after a grace, for work that had better finish by itself. */
export interface DelayedAbort extends Disposable {
  signal: AbortSignal;
}

/** The new signal aborts `graceMs` after `signal`; when disposed of it no longer waits. */
export function delayedAbort(signal: AbortSignal | undefined, graceMs: number): DelayedAbort {
  const delayed = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => delayed.abort(), graceMs);
  };
  if (signal?.aborted) start();
  else signal?.addEventListener('abort', start, { once: true });
  return {
    signal: delayed.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', start);
    },
  };
}
