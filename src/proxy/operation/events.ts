/** Where the events of `serve` go: the log, the audit log, the metrics. */
import { messageOf, StartJupyterError } from '../../errors.js';
import { fileWriter, type LineWriter } from './line-writer.js';
import { auditedOnly, calmed, jsonLines, toAll, type Log } from './log.js';

export interface Events {
  log: Log;
  /** Opens the audit log anew, after a rotation. Where that cannot be done it is said, and the former one stays. */
  reopen: () => void;
  /** Resolves when everything is written. */
  close: () => Promise<void>;
}

export interface EventPlaces {
  /** The log. Closed with the events. */
  main: LineWriter;
  auditLogFile?: string;
  /** Counts every event, also those that the logs leave out. */
  count?: Log;
}

/** Throws StartJupyterError('bad-configuration') when the audit log cannot be opened. */
export function createEvents({ main, auditLogFile, count }: EventPlaces, now: () => Date): Events {
  const audit = auditLogFile === undefined ? undefined : openAudit(auditLogFile);
  const logs = [jsonLines(main.write, now), ...(audit ? [auditedOnly(jsonLines(audit.write, now))] : [])];
  const log = toAll(
    calmed(toAll(...logs), () => now().getTime()),
    ...(count ? [count] : []),
  );
  return {
    log,
    reopen() {
      try {
        audit?.reopen();
      } catch (error) {
        log('audit-log-failed', { message: messageOf(error) });
      }
    },
    close: async () => {
      await Promise.all([main.close(), audit?.close()]);
    },
  };
}

function openAudit(file: string) {
  try {
    return fileWriter(file);
  } catch (cause) {
    throw new StartJupyterError('bad-configuration', `audit_log: ${file} cannot be opened.`, {
      detail: messageOf(cause),
      hint: 'Its folder must be there, and the user that the proxy runs as must be allowed to write in it.',
      cause,
    });
  }
}
