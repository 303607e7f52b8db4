// (b) The launcher's own share of a whole launch on real Slurm: its time less that in which it could only wait.
import { runAs } from './bed.mjs';
import { answersOf } from './relay.mjs';
import { cancel, onStage } from './stage.mjs';
import { median, over, summary } from './statistics.mjs';
import { longestChain, watchChildren } from './timeline.mjs';

/** Every round: `node -e 0` and a launch, both started and watched alike. Times in milliseconds. */
export async function measureOwnShare(bed, packageFolder, rounds) {
  return onStage(bed, packageFolder, async (stage) => {
    const [bare, launches] = [[], []];
    // The first round fills the page cache and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const taken = [await watched(stage, [stage.node, '-e', '0']), await launchOnce(stage)];
      if (round > 0) for (const [index, list] of [bare, launches].entries()) list.push(taken[index]);
    }
    const bareTimes = bare.map(({ start, end }) => end - start);
    const shares = launches.map(({ share }) => share);
    return {
      bare: summary(bareTimes),
      wall: summary(launches.map(({ wall }) => wall)),
      share: summary(shares),
      shareOverBare: over(shares, bareTimes),
      typical: nearest(launches, median(shares)),
    };
  });
}

function nearest(launches, share) {
  const distance = (one) => Math.abs(one.share - share);
  return launches.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

/** The job is held: it takes nothing from the next round's time. */
async function launchOnce(stage) {
  stage.relay.connections.length = 0;
  const launch = await watched(stage, [...stage.launcher, '--scheduler-arg=--hold']);
  await cancel(stage, JSON.parse(launch.stdout).jobId);
  const answers = stage.relay.connections.flatMap((turns, index) =>
    answersOf(turns, ['reserve', 'link'][index]),
  );
  return shareOf(launch, answers);
}

/** Runs a command as the stage's user; `{start, end, children, stdout}`. */
async function watched({ who, env, clock }, command) {
  const start = clock();
  let watch;
  let end;
  const { stdout } = await runAs(who, command, {
    env,
    onStart: (pid) => (watch = watchChildren(pid, clock)),
    onExit: () => (end = clock()),
  });
  return { start, end, children: watch.stop(), stdout };
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
