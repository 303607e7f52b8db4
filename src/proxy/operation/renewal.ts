/** Takes up renewed certificates while the proxy runs. */
import { createHash } from 'node:crypto';
import { messageOf, StartJupyterError } from '../../errors.js';
import { certificateFacts, earliestEnd, lostItsChain, WARN_DAYS } from '../data/certificates.js';
import type { CertificatePair } from '../proxy-options.js';
import type { Clock } from '../registry/clock.js';
import type { Log } from './log.js';

export interface RenewalDeps {
  /** Reads the configured files; throws for what cannot be read. */
  read: () => Promise<CertificatePair[]>;
  /** Shows these to connections from now on; throws for what cannot do, and shows the former ones then. */
  use: (pairs: readonly CertificatePair[]) => void;
  /** What is shown at the beginning. */
  current: readonly CertificatePair[];
  clock: Clock;
  log: Log;
}

export interface Renewal {
  /** Looks at the files now, and believes what is there. Resolves when that is done; never rejects. */
  reload: () => Promise<void>;
  stop: () => void;
}

const POLL_MS = 5_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Reads the files every few seconds and takes up what has changed, once two readings were the same. The contents are
 * compared and not times or events: that holds for links that are switched, whole folders that are switched, copies with
 * their old times and network file systems.
 */
export function watchCertificates({ read, use, current, clock, log }: RenewalDeps): Renewal {
  let shown = current;
  /** The last reading, what is shown, and what was said to be refused; digests, because keys are in them. */
  const digests = { seen: digestOf(current), shown: digestOf(current), refused: '' };
  let warnAt = 0;
  let callOff: () => void = () => undefined;
  let last = Promise.resolve();

  const look = async (settled: boolean): Promise<void> => {
    const found = await read().catch((error: unknown) => error);
    const digest = digestOf(found);
    const before = digests.seen;
    digests.seen = digest;
    if (digest === digests.shown) {
      digests.refused = '';
    } else if (settled || digest === before) {
      takeUp(found, digest);
    }
  };
  const takeUp = (found: unknown, digest: string): void => {
    try {
      if (!Array.isArray(found)) throw found;
      const pairs = found as CertificatePair[];
      if (
        pairs.some(({ certificatePem }, index) =>
          lostItsChain(shown[index]?.certificatePem ?? certificatePem, certificatePem),
        )
      ) {
        throw new StartJupyterError(
          'bad-certificate',
          'The certificate comes without the chain that the former one had.',
          {
            hint: 'If that is right, restart the proxy.',
          },
        );
      }
      use(pairs);
      shown = pairs;
      digests.shown = digest;
      digests.refused = '';
      warnAt = 0;
      logLoaded(log, pairs);
    } catch (error) {
      // Tried again at each reading, since time alone can make it right; said once.
      if (digests.refused === digest) return;
      digests.refused = digest;
      log('certificate-refused', reasonOf(error));
    }
  };
  const warn = (): void => {
    const until = earliestEnd(shown);
    if (until - clock.now() > WARN_DAYS * DAY_MS || clock.now() < warnAt) return;
    warnAt = clock.now() + DAY_MS;
    log('certificate-expires-soon', { until: new Date(until).toISOString() });
  };
  const poll = (): void => {
    warn();
    callOff = clock.after(POLL_MS, () => void inTurn(false).then(poll));
  };
  /** One reading at a time: an older one must not win over a newer one. */
  const inTurn = (settled: boolean): Promise<void> => (last = last.then(() => look(settled)));

  logLoaded(log, shown);
  poll();
  return {
    reload: () => {
      digests.refused = '';
      return inTurn(true);
    },
    stop: () => callOff(),
  };
}

function logLoaded(log: Log, pairs: readonly CertificatePair[]): void {
  for (const pair of pairs) log('certificate-loaded', { ...certificateFacts(pair) });
}

function digestOf(found: unknown): string {
  const text = found instanceof Error ? found.message : JSON.stringify(found);
  return createHash('sha256').update(text).digest('hex');
}

function reasonOf(error: unknown): Record<string, unknown> {
  return { message: messageOf(error), detail: error instanceof StartJupyterError ? error.detail : undefined };
}
