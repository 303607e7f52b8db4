/** One round of feeding, to our own proxy or to a classic service: one question to the scheduler, one report. */
import { sentence, StartJupyterError } from '../../errors.js';
import { API_PREFIX, JOB_ID_PATTERN, type FeedAnswer, type FeedRequest } from '../../satellite/protocol.js';
import { callApi, callService, refusal } from '../client/calls.js';
import type { Service } from '../client/service.js';
import { createRounds } from './rounds.js';
import type { Scheduler } from './scheduler.js';

/** Resolves with what was done. Throws StartJupyterError `proxy-*` or 'scheduler-unreachable'. */
export type Feed = (signal: AbortSignal) => Promise<Fed>;

export interface Fed {
  /** Jobs that were reported. */
  reported: number;
  /** Jobs that the proxy wants to hear of; a classic service does not say. */
  wanted?: number;
  /** How many of these are in the queue. */
  found?: number;
  /** False when the scheduler's answer was understood in part. */
  complete: boolean;
}

const JOBS = `${API_PREFIX}/jobs`;

/** Asks the proxy which jobs matter and reports these alone. Without any the scheduler is not asked. */
export function ownFeed(service: Service, secret: string, scheduler: Scheduler): Feed {
  const findOut = createRounds(scheduler);
  return async (signal) => {
    const wanted = wantedJobs(service, await callApi(service, { method: 'GET', path: JOBS, secret }, signal));
    if (wanted.length === 0) return { reported: 0, wanted: 0, found: 0, complete: true };
    const { reports, found, complete } = await findOut(wanted, signal);
    const json: FeedRequest = { jobs: Object.fromEntries(reports) };
    if (reports.size > 0) await callApi(service, { method: 'PUT', path: JOBS, secret, json }, signal);
    return { reported: reports.size, wanted: wanted.length, found, complete };
  };
}

function wantedJobs({ origin }: Service, said: unknown): string[] {
  const { jobs } = (said ?? {}) as Partial<FeedAnswer>;
  if (Array.isArray(jobs)) return jobs.filter((id) => typeof id === 'string' && JOB_ID_PATTERN.test(id));
  throw new StartJupyterError(
    'proxy-unintelligible',
    `${origin.host} does not say which jobs it wants to hear of.`,
    { hint: 'Check its name and port.' },
  );
}

/** What update-jobs.cgi keeps of an id. */
const CLASSIC_ID = /^[-A-Za-z0-9._]+$/;
const THANKS = /^Successfully updated jobs!/;

/** Reports every job of the queue: a classic service does not say which ones matter. */
export function classicFeed(service: Service, scheduler: Scheduler): Feed {
  return async (signal) => {
    const queue = await scheduler.queue(signal);
    const states = queue.states().filter(({ jobId }) => CLASSIC_ID.test(jobId));
    const { complete } = queue;
    // Without a line the service would say that the parameter is missing.
    if (states.length === 0) return { reported: 0, complete };
    const jobstates = states.map(({ jobId, state }) => `${jobId} ${state}\n`).join('');
    const text = new URLSearchParams({ jobstates }).toString();
    const body = { type: 'application/x-www-form-urlencoded', text } as const;
    const answer = await callService(service, { method: 'POST', path: '/update-jobs.cgi', body }, signal);
    if (answer.status !== 200 || !THANKS.test(answer.body)) throw classicRefusal(service, answer);
    return { reported: states.length, complete };
  };
}

function classicRefusal(service: Service, answer: Parameters<typeof refusal>[1]): StartJupyterError {
  const oops = /^Oops! (.{1,400})/.exec(answer.body)?.[1];
  if (oops === undefined) return refusal(service, answer);
  return new StartJupyterError('proxy-refused', sentence(`${service.origin.host} refused: ${oops}`));
}
