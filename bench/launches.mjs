// (b) The launcher's own share of a whole launch on real Slurm, and (d) from the moment Jupyter listens to the end of
// the redeem. One launch gives both.
import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync, chownSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAs, user } from './bed.mjs';
import { startProxy } from './proxy.mjs';
import { answersOf, createClock, startRelay } from './relay.mjs';
import { median, over, summary } from './statistics.mjs';
import { longestChain, readTimeline, STRACE } from './timeline.mjs';

const READY_MS = 90_000;

/** Every round: `node -e 0` and a launch under strace, and a launch without it. Times in milliseconds. */
export async function measureLaunches(bed, packageFolder, rounds) {
  const stage = await makeStage(bed, packageFolder);
  try {
    const bare = [];
    const traced = [];
    const plain = [];
    for (let round = 0; round <= rounds; round++) {
      bare.push((await underStrace(stage, [bed.node, '-e', '0'])).timeline);
      traced.push(await launchOnce(stage, true));
      plain.push(await launchOnce(stage, false));
    }
    // The first round fills the page cache and is not counted.
    for (const list of [bare, traced, plain]) list.shift();
    return report(bare, traced, plain);
  } finally {
    await stage.remove();
  }
}

function report(bare, traced, plain) {
  const bareTimes = bare.map(({ start, end }) => end - start);
  const shares = traced.map(({ share }) => share);
  const middle = median(shares);
  const typical = traced.reduce((a, b) => (Math.abs(b.share - middle) < Math.abs(a.share - middle) ? b : a));
  return {
    bare: summary(bareTimes),
    share: summary(shares),
    shareOverBare: over(shares, bareTimes),
    wall: summary(traced.map(({ wall }) => wall)),
    wallWithoutStrace: summary(plain.map(({ wall }) => wall)),
    typical: { wall: typical.wall, share: typical.share, spans: typical.spans },
    listeningToRedeemed: summary([...traced, ...plain].map(({ toRedeemed }) => toRedeemed)),
  };
}

/** A user's own folder with a site's configuration, the proxy and the relay in front of it. */
async function makeStage(bed, packageFolder) {
  const who = user(bed.users.bob);
  const folder = mkdtempSync('/var/tmp/start-jupyter-bench-stage-');
  chmodSync(folder, 0o700);
  chownSync(folder, who.uid, who.gid);
  const proxy = await startProxy(bed, packageFolder);
  const clock = createClock();
  const relay = await startRelay(proxy.port, clock);
  writeFileSync(join(folder, 'systems.yaml'), siteFile(bed, relay.port, proxy.caFile), { mode: 0o644 });
  const remove = async () => {
    await relay.close();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const env = {
    PATH: `${bed.jupyter4}/bin:${who.env.PATH}`,
    SLURM_CONF: bed.slurmConf,
    START_JUPYTER_CONFIG: join(folder, 'systems.yaml'),
    XDG_STATE_HOME: join(folder, 'state'),
  };
  const launcher = [
    bed.node,
    join(packageFolder, 'bin/start-jupyter.js'),
    '--json',
    '-p',
    'debug',
    '-t',
    '5',
  ];
  return { who, folder, env, launcher, relay, clock, remove };
}

function siteFile(bed, port, caFile) {
  return `systems:
  bench:
    hosts: ['${hostname().replaceAll('.', '\\.')}']
    scheduler: slurm
    endpoint: ${bed.domain}:${port}
    ca: ${caFile}
`;
}

async function underStrace({ who, folder, env }, command) {
  const trace = join(folder, 'trace');
  rmSync(trace, { force: true });
  const ran = await runAs(who, [...STRACE, '-o', trace, '--', ...command], { env });
  return { ...ran, timeline: readTimeline(readFileSync(trace, 'utf8')) };
}

async function launchOnce(stage, traced) {
  const { relay, clock, who, env } = stage;
  relay.connections.length = 0;
  const listening = watchListening(who.uid, clock);
  const start = clock();
  const ran = traced ? await underStrace(stage, stage.launcher) : await runAs(who, stage.launcher, { env });
  const { jobId, directory } = JSON.parse(ran.stdout);
  const timeline = ran.timeline ?? { start, end: clock(), children: [] };
  const calls = relay.connections.slice(0, 2);
  try {
    await readyFile(directory);
    return { ...shareOf(timeline, calls), toRedeemed: redeemedAt(relay) - (await listening.at) };
  } finally {
    listening.stop();
    await runAs(who, ['scancel', jobId], { env });
    await outcomeOf(directory);
  }
}

function shareOf({ start, end, children }, calls) {
  const answers = calls.flatMap((turns, index) => answersOf(turns, ['reserve', 'link'][index]));
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

/** The redeem is the job's one call before ready.json: the third connection, after reserve and link. */
function redeemedAt({ connections }) {
  const answered = connections[2].filter(({ from }) => from === 'server').at(-1);
  return answered.at;
}

/** The time at which a socket of this user begins to listen in the job's range of ports, looked for every millisecond. */
function watchListening(uid, clock) {
  const known = new Set(listeningPorts(uid));
  let timer;
  const at = new Promise((resolve) => {
    timer = setInterval(() => {
      if (listeningPorts(uid).every((port) => known.has(port))) return;
      clearInterval(timer);
      resolve(clock());
    }, 1);
  });
  return { at, stop: () => clearInterval(timer) };
}

/** /proc/net/tcp and tcp6: number, local address:port, remote address:port, state (0A listens), three more, uid. */
function listeningPorts(uid) {
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'));
  return lines
    .filter((line) => line.includes(' 0A '))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[7] === String(uid))
    .map((fields) => parseInt(fields[1].split(':').at(-1), 16))
    .filter((port) => port >= 20_000 && port < 32_768);
}

async function readyFile(directory) {
  const end = performance.now() + READY_MS;
  while (!readdirSync(directory).includes('ready.json')) {
    if (readdirSync(directory).includes('outcome') || performance.now() > end) {
      throw new Error(`The job did not become ready:\n${readFileSync(join(directory, 'job.log'), 'utf8')}`);
    }
    await sleep(20);
  }
}

async function outcomeOf(directory) {
  const end = performance.now() + 30_000;
  while (!readdirSync(directory).includes('outcome') && performance.now() < end) await sleep(50);
}
