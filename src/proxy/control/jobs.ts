/** The feeder's calls: of which jobs it may tell, and what it tells. */
import type { FeedAnswer } from '../../satellite/protocol.js';
import { Refusal } from '../registry/refusal.js';
import type { Answer, Call, Operation } from './api.js';
import { readJsonObject } from './body.js';
import { carriesSecret } from './caller.js';
import { parseFeed } from './requests.js';

export const WANTED: Operation = { event: 'wanted', carryOut: wantedJobs };
export const FEED: Operation = { event: 'feed', carryOut: feed };

function requireFeeder({ deps, request, source }: Call): void {
  const { feederSecretSha256 } = deps.settings;
  if (feederSecretSha256 === undefined) throw new Refusal('no-such-call', 'No feeder is configured here.');
  if (carriesSecret(request, feederSecretSha256)) return;
  deps.callLimits.fail(source);
  throw new Refusal('bad-secret', "That is not the feeder's secret.");
}

function wantedJobs(call: Call): Promise<Answer> {
  requireFeeder(call);
  const jobs = call.deps.registry.wantedJobs();
  const body: FeedAnswer = { jobs };
  return Promise.resolve({ status: 200, body, facts: { jobs: jobs.length } });
}

async function feed(call: Call): Promise<Answer> {
  requireFeeder(call);
  const { deps, request } = call;
  const jobs = parseFeed(await readJsonObject(request, deps.settings.limits.maxJobsBodySize));
  await deps.registry.reportJobs(jobs);
  return { status: 204, facts: { jobs: jobs.size } };
}
