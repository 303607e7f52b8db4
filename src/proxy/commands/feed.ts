import { resolve } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { readService, type Service } from '../client/service.js';
import { readToken } from '../configuration/files.js';
import { valueOf } from '../configuration/reader.js';
import { timerDuration } from '../configuration/values.js';
import { classicFeed, ownFeed, type Fed, type Feed } from '../feeder/feeds.js';
import { doubts, keepFeeding } from '../feeder/keep-feeding.js';
import { pbs, torque } from '../feeder/qstat.js';
import type { Scheduler } from '../feeder/scheduler.js';
import { slurm } from '../feeder/slurm.js';
import type { Surroundings } from './surroundings.js';

/** As commander gives them. */
export interface FeedOptions {
  scheduler: string;
  to: string;
  interval?: string;
  once?: true;
  secretFile?: string;
  ca?: string;
  classic?: true;
}

const DEFAULT_INTERVAL = '30s';

/** By the name that `--scheduler` takes. */
const SCHEDULERS: Partial<Record<string, (env: NodeJS.ProcessEnv) => Scheduler>> = { slurm, torque, pbs };

/** Resolves after one round (`--once`), else once it was asked to stop. */
export async function feed(options: FeedOptions, surroundings: Surroundings): Promise<void> {
  const { folder, env, stdout, stderr, stopped } = surroundings;
  const scheduler = chosenScheduler(options.scheduler, env);
  const service = readService(options, folder);
  const { interval = DEFAULT_INTERVAL } = options;
  const intervalMs = valueOf(
    { value: interval, where: '--interval', folder, code: 'bad-option' },
    timerDuration,
  );
  const run = chosenFeed(options, service, scheduler, folder);
  const stop = new AbortController();
  void stopped().then(() => stop.abort());
  const say = (text: string) => stderr(`start-jupyter-proxy: ${text}\n`);
  if (options.once) {
    const fed = await run(stop.signal).catch((error: unknown) => {
      throw stop.signal.aborted ? new StartJupyterError('interrupted', 'Interrupted.') : error;
    });
    const { kind, text } = doubts(fed);
    if (kind !== undefined) say(text ?? kind);
    stdout(summary(fed));
    return;
  }
  say(`States of ${options.scheduler} go to ${service.origin.origin} every ${intervalMs / 1000} s.`);
  await keepFeeding({ feed: run, intervalMs, say, signal: stop.signal });
}

function chosenScheduler(name: string, env: NodeJS.ProcessEnv): Scheduler {
  const adapter = Object.hasOwn(SCHEDULERS, name) ? SCHEDULERS[name] : undefined;
  if (adapter) return adapter(env);
  throw new StartJupyterError('bad-option', `--scheduler: ${JSON.stringify(name)} is not known.`, {
    hint: `Known: ${Object.keys(SCHEDULERS).join(', ')}.`,
  });
}

function chosenFeed(
  { classic, secretFile }: FeedOptions,
  service: Service,
  scheduler: Scheduler,
  folder: string,
): Feed {
  if (classic && secretFile !== undefined) {
    throw new StartJupyterError('bad-option', '--classic and --secret-file exclude each other.', {
      hint: 'A classic service knows its feeder by its address. start-jupyter-proxy is fed by its secret, for classic sessions too.',
    });
  }
  if (classic) return classicFeed(service, scheduler);
  const secret = readToken(secretFile && resolve(folder, secretFile), '--secret-file');
  if (secret !== undefined) return ownFeed(service, secret, scheduler);
  throw new StartJupyterError('bad-option', 'The feeder’s secret is missing.', {
    hint: '--secret-file FILE names the file that holds it, as feeder_secret_file does at the proxy. A classic service takes --classic instead.',
  });
}

function summary({ reported, wanted, found }: Fed): string {
  if (wanted === undefined) return `Jobs reported: ${reported}.\n`;
  return `Jobs asked for: ${wanted}, in the queue: ${found ?? 0}, reported: ${reported}.\n`;
}
