/** The classic endpoints that tell and ask about jobs. What is said here is shown of classic sessions and ends nothing. */
import { slurmPhase, type JobPhase } from '../../job-states.js';
import type { JobReport } from '../../satellite/protocol.js';
import { LimitReached } from '../limiting/limit-reached.js';
import type { Networks } from '../network/addresses.js';
import { sessionOrigin } from '../network/origins.js';
import type { Session } from '../registry/session.js';
import { answerClassic } from './answers.js';
import { readBody } from './body.js';
import { isFromBrowser } from './caller.js';
import { firstValue, Oops, present, requireMethod, requireParameter } from './classic-parameters.js';
import type { ClassicCall } from './classic.js';

/**
 * Anyone may ask. A web page may when it is the session's own (the origin is computed from what was asked, so that
 * nothing is said of which names exist); every other page is refused.
 */
export function answerJobState(call: ClassicCall): void {
  const { deps, request, response, source } = call;
  try {
    requireMethod(request, 'GET');
    const token = requireParameter(request, 'token').replace(/\..*$/s, '');
    const name = present(token, 'token');
    const ownOrigin = sessionOrigin(name, deps.settings);
    if (isFromBrowser(request)) {
      if (request.headers.origin !== ownOrigin) {
        answerClassic(response, 'Oops! Only the page of this very session may ask.\n', 'text/plain', 403);
        return;
      }
      response.setHeader('Access-Control-Allow-Origin', ownOrigin);
      response.setHeader('Vary', 'Origin');
    }
    deps.callLimits.refuseGuesser(source);
    const session = deps.registry.lookup(name);
    if (session?.kind !== 'classic') deps.callLimits.fail(source);
    answerClassic(response, classicJobState(session, deps.clock.now()));
  } catch (error) {
    if (error instanceof LimitReached) deps.log('limit-reached', { limit: error.limit, source });
    else if (!(error instanceof Oops)) throw error;
    answerClassic(response, `Oops! ${error.message}\n`);
  }
}

/** A report older than this is as good as none: reasons and estimates are soon out of date. */
export const FRESH_MS = 10 * 60_000;

const OWN_STATES = { reserved: 'PE', mapped: 'M', ready: 'PR' } as const;

/** A classic session's state in the original's letters; empty when there is none, or none any more. */
export function classicJobState(session: Session | undefined, now: number): string {
  if (session?.kind !== 'classic' || session.phase === 'ended') return '';
  const fresh = session.jobReportedAt !== undefined && now - session.jobReportedAt <= FRESH_MS;
  const job = fresh ? session.job?.state : undefined;
  if (job === 'ended') return 'D';
  if (session.phase === 'reserved' && job === 'waiting') return 'Q';
  if (session.phase === 'reserved' && job === 'running') return 'R';
  return OWN_STATES[session.phase];
}

/** `sources` are the networks that may tell. */
export async function updateJobs({ deps, request, source }: ClassicCall, sources: Networks) {
  requireMethod(request, 'POST');
  const allowed = sources.includes(source);
  const { maxBodySize, maxJobsBodySize } = deps.settings.limits;
  const form = await readBody(request, allowed ? maxJobsBodySize : maxBodySize);
  const lines = present(firstValue(form, 'jobstates'), 'jobstates');
  if (!allowed) throw new Oops(`Client (your) IP not in range ${sources.text}`);
  const jobs = parseJobStates(lines);
  await deps.registry.reportClassicJobs(jobs);
  return { body: 'Successfully updated jobs! \n', type: 'text/html' as const, facts: { jobs: jobs.size } };
}

const STATE_OF_PHASE: Record<JobPhase, JobReport['state']> = {
  waiting: 'waiting',
  alive: 'running',
  ended: 'ended',
  unknown: 'unknown',
};

/** Lines of `JOBID STATE` in Slurm's codes, long or short; lines without both are passed over. */
export function parseJobStates(lines: string): Map<string, JobReport> {
  const jobs = new Map<string, JobReport>();
  for (const line of lines.split('\n')) {
    const [id = '', state = ''] = line.trim().split(/\s+/);
    const jobId = id.replace(/[^-A-Za-z0-9._]/g, '');
    if (jobId !== '' && state !== '') jobs.set(jobId, { state: STATE_OF_PHASE[slurmPhase(state)] });
  }
  return jobs;
}
