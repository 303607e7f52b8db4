/**
 * What happens, as events: one JSON line each. Fields are names, addresses, codes and counts; never a secret, a
 * token, a header, a query string or the name of a classic session that was not redeemed yet.
 */
export type Log = (event: string, fields: Record<string, unknown>) => void;

/** Every event to every log. */
export function toAll(...logs: readonly Log[]): Log {
  return (event, fields) => logs.forEach((log) => log(event, fields));
}

/** Writes `{"time":…,"event":…,…}`, a line an event. */
export function jsonLines(write: (line: string) => void, now: () => Date): Log {
  return (event, fields) => write(`${JSON.stringify({ time: now().toISOString(), event, ...fields })}\n`);
}

/** What administrators are asked about later: who did what to which session. */
const AUDITED = new Set(['reserve', 'link', 'redeem', 'ending', 'destroy', 'evict', 'ended', 'list']);

export function auditedOnly(log: Log): Log {
  return (event, fields) => {
    if (AUDITED.has(event)) log(event, fields);
  };
}

const QUIET_MS = 60_000;
const TIDY_MS = 1_000;
/** More kinds at once than any honest day has; beyond it everything refused is one kind. */
const MAX_KINDS = 1000;

/**
 * Lets refusals through once a minute for each kind and address, with how many more there were: what a stranger can
 * cause at will must not fill a disk. Everything that was carried out passes.
 */
export function calmed(log: Log, now: () => number): Log {
  const kinds = new Map<string, { until: number; more: number }>();
  let tidyAt = 0;
  return (event, fields) => {
    if (fields['refused'] === undefined && fields['limit'] === undefined) {
      log(event, fields);
      return;
    }
    const time = now();
    const exact = JSON.stringify([event, fields['refused'], fields['limit'], fields['source']]);
    if (kinds.size >= MAX_KINDS && (time >= tidyAt || time < tidyAt - TIDY_MS)) {
      for (const [key, { until }] of kinds) if (until <= time || until > time + QUIET_MS) kinds.delete(key);
      tidyAt = time + TIDY_MS;
    }
    const kind = kinds.has(exact) || kinds.size < MAX_KINDS ? exact : event;
    const known = kinds.get(kind);
    // The second half: a clock that was set back must not silence anything for hours.
    if (known && known.until > time && known.until <= time + QUIET_MS) {
      known.more++;
      return;
    }
    log(event, { ...fields, ...(known && known.more > 0 && { moreBefore: known.more }) });
    kinds.set(kind, { until: time + QUIET_MS, more: 0 });
  };
}
