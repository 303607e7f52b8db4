/**
 * The proxy's log: one JSON line an event. Fields are names, addresses, codes and counts; never a secret, a
 * token, a header or a query string.
 */
export type Log = (event: string, fields: Record<string, unknown>) => void;

/** Writes `{"time":…,"event":…,…}`, a line an event. */
export function jsonLog(write: (line: string) => void, now: () => Date): Log {
  return (event, fields) => write(`${JSON.stringify({ time: now().toISOString(), event, ...fields })}\n`);
}
