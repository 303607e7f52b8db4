/** A signal that follows another one, and aborts by itself after a time. */
export interface LimitedAbort extends Disposable {
  signal: AbortSignal;
}

/** A timer of Node's takes no longer time. */
const LONGEST_MS = 2 ** 31 - 1;

/** By hand: Node may forget a signal that AbortSignal.any made of others. `milliseconds` may be Infinity. */
export function limitedAbort(signal: AbortSignal, milliseconds: number): LimitedAbort {
  const limited = new AbortController();
  const abort = (): void => limited.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const limit =
    milliseconds === Infinity
      ? undefined
      : setTimeout(abort, Math.min(Math.max(0, milliseconds), LONGEST_MS));
  return {
    signal: limited.signal,
    [Symbol.dispose]() {
      clearTimeout(limit);
      signal.removeEventListener('abort', abort);
    },
  };
}
