/**
 * Jupyter behind a proxy of its own on this very machine, in the foreground until Ctrl-C. The one place where the
 * launcher loads the proxy.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateAuthority, issueCertificate } from '../certificate.js';
import { StartJupyterError } from '../errors.js';
import type { RunningProxy } from '../proxy/module.js';
import type { Endpoint } from '../satellite/client.js';
import type { LaunchContext } from './context.js';
import { stopIfAborted } from './interrupted.js';
import { launch, type Launched } from './launch.js';
import type { LaunchOptions } from './options.js';
import type { Prepared } from './prepare.js';
import { giveBackAll } from './undo.js';

/** Names under `.localhost` are loopback in every browser; a wildcard right under it is refused by all of them. */
const DOMAIN = 'jupyter.localhost';
/** The job's own limit for a Jupyter that never answers is shorter, and it says why. */
const READY_LIMIT_MS = 300_000;
const POLL_MS = 250;
const LOG_LINES = 15;

/** Calls back once the notebook really answers. Resolves when it has ended, by Ctrl-C or by itself. */
export async function runLocally(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Prepared,
  onReady: (launched: Launched, caFile: string) => Promise<void>,
): Promise<void> {
  const { progress, signal } = context;
  progress.doing('Starting a proxy of your own');
  const { proxy, endpoint } = await startOwnProxy(context.now());
  try {
    const launched = await launch(context, options, prepared, endpoint);
    try {
      progress.doing('Waiting for Jupyter');
      await untilReady(context, prepared, launched);
      await onReady(launched, join(launched.directory, 'ca.pem'));
      await untilEnded(context, prepared, launched);
      progress.say(signal.aborted ? 'Stopping Jupyter.' : 'Jupyter has ended.');
    } finally {
      await giveBackAll(launched.undo, progress);
    }
  } finally {
    await proxy.close();
  }
}

async function startOwnProxy(now: Date): Promise<{ proxy: RunningProxy; endpoint: Endpoint }> {
  const { startProxy } = await import('../proxy/module.js');
  // Made anew each time and kept in memory: an authority that lies about could be used to deceive a browser that trusts it.
  const authority = await certificateAuthority({
    commonName: 'start-jupyter, this machine only',
    days: 7,
    now,
  });
  const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 7, now });
  const proxy = await startProxy({
    domain: DOMAIN,
    listen: { host: '127.0.0.1', port: 0 },
    certificates: [certificate],
    trustedNetworks: ['127.0.0.0/8'],
    allowLocalBackends: true,
    classic: false,
  });
  return {
    proxy,
    endpoint: { domain: DOMAIN, port: proxy.port, protocol: 'v1', ca: authority.certificatePem },
  };
}

async function untilReady(context: LaunchContext, prepared: Prepared, launched: Launched): Promise<void> {
  const { signal } = context;
  const started = Date.now();
  while (!(await exists(join(launched.directory, 'ready.json')))) {
    stopIfAborted(signal);
    const state = await prepared.scheduler.inspect(launched.jobId);
    const late = Date.now() - started > READY_LIMIT_MS;
    if (state.phase === 'ended' || late) {
      const what = late ? 'Jupyter does not answer' : 'Jupyter could not be started';
      throw new StartJupyterError('job-failed', `${what}.`, {
        detail: await lastLines(join(launched.directory, 'job.log')),
        hint: 'The lines above are the end of what it wrote.',
      });
    }
    await pause(POLL_MS, signal);
  }
}

async function untilEnded(context: LaunchContext, prepared: Prepared, launched: Launched): Promise<void> {
  while (!context.signal.aborted) {
    await pause(4 * POLL_MS, context.signal);
    const state = await prepared.scheduler.inspect(launched.jobId);
    if (state.phase === 'ended') return;
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An abort is seen by the loop that waits.
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}
