/** Ctrl-C, between two steps. */
import { interrupted } from '../words/interrupted.js';

/** Throws 'interrupted' once the signal is aborted. What is given back then is said by who gives it back. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted();
}
