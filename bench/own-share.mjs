// (b) The launcher's own share of a whole launch on real Slurm: its time less that in which it could only wait.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runAs } from './bed.mjs';
import { answersOf } from './relay.mjs';
import { cancel, onStage } from './stage.mjs';
import { median, over, summary } from './statistics.mjs';
import { longestChain, readTimeline, STRACE } from './timeline.mjs';

/** Every round: `node -e 0` and a launch under strace, and a launch without it. Times in milliseconds. */
export async function measureOwnShare(bed, packageFolder, rounds) {
  return onStage(bed, packageFolder, async (stage) => {
    const [bare, traced, plain] = [[], [], []];
    // The first round fills the page cache and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const taken = [await bareOnce(stage), await tracedLaunch(stage), await plainLaunch(stage)];
      if (round > 0) for (const [index, list] of [bare, traced, plain].entries()) list.push(taken[index]);
    }
    const shares = traced.map(({ share }) => share);
    return {
      bare: summary(bare),
      share: summary(shares),
      shareOverBare: over(shares, bare),
      wall: summary(traced.map(({ wall }) => wall)),
      wallWithoutStrace: summary(plain),
      typical: nearest(traced, median(shares)),
    };
  });
}

function nearest(launches, share) {
  const distance = (one) => Math.abs(one.share - share);
  return launches.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

async function bareOnce(stage) {
  const { timeline } = await underStrace(stage, [stage.node, '-e', '0']);
  return timeline.end - timeline.start;
}

/** The job is held: it takes nothing from the next round's time. */
function heldLaunch({ launcher }) {
  return [...launcher, '--scheduler-arg=--hold'];
}

async function plainLaunch(stage) {
  const start = stage.clock();
  const { stdout } = await runAs(stage.who, heldLaunch(stage), { env: stage.env });
  const took = stage.clock() - start;
  await cancel(stage, JSON.parse(stdout).jobId);
  return took;
}

async function tracedLaunch(stage) {
  stage.relay.connections.length = 0;
  const { stdout, timeline } = await underStrace(stage, heldLaunch(stage));
  const answers = stage.relay.connections.flatMap((turns, index) =>
    answersOf(turns, ['reserve', 'link'][index]),
  );
  await cancel(stage, JSON.parse(stdout).jobId);
  return shareOf(timeline, answers);
}

async function underStrace({ who, folder, env }, command) {
  const trace = join(folder, 'trace');
  rmSync(trace, { force: true });
  const ran = await runAs(who, [...STRACE, '-o', trace, '--', ...command], { env });
  return { ...ran, timeline: readTimeline(readFileSync(trace, 'utf8')) };
}

function shareOf({ start, end, children }, answers) {
  const spans = [...children, ...answers].sort((a, b) => a.start - b.start);
  const chain = new Set(longestChain(spans));
  const waited = [...chain].reduce((total, span) => total + span.end - span.start, 0);
  return {
    wall: end - start,
    share: end - start - waited,
    spans: spans.map((span) => ({
      title: span.title,
      after: span.start - start,
      took: span.end - span.start,
      onChain: chain.has(span),
    })),
  };
}
