// (d) From the moment the job's Jupyter listens to the end of its redeem.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runAs } from './bed.mjs';
import { cancel, onStage } from './stage.mjs';
import { summary } from './statistics.mjs';

const READY_MS = 90_000;
const ENDS_MS = 30_000;

/** Milliseconds, in jobs one after another. */
export async function measureListening(bed, packageFolder, rounds) {
  return onStage(bed, packageFolder, async (stage) => {
    const times = [];
    for (let round = 0; round < rounds; round++) times.push(await runJob(stage));
    return {
      redeemed: summary(times.map(({ listening, redeemed }) => redeemed - listening)),
      sent: summary(times.map(({ listening, sent }) => sent - listening)),
      answered: summary(times.map(({ sent, redeemed }) => redeemed - sent)),
    };
  });
}

/** When its Jupyter listened, when the redeem's first bytes were sent and when its answer came. */
async function runJob(stage) {
  const { relay, clock, who, env } = stage;
  relay.connections.length = 0;
  const listening = watchListening(who.uid, clock);
  const { stdout } = await runAs(who, stage.launcher, { env });
  const { jobId, directory } = JSON.parse(stdout);
  try {
    await untilReady(directory);
    return { listening: await listening.at, ...redeemTimes(relay) };
  } finally {
    listening.stop();
    await cancel(stage, jobId);
    await untilEnded(directory);
  }
}

/** The redeem is the job's one call before ready.json: the third connection, after reserve and link. */
function redeemTimes({ connections }) {
  const turns = connections[2];
  return { sent: turns[0].at, redeemed: turns.findLast(({ from }) => from === 'server').at };
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

async function untilReady(directory) {
  const end = performance.now() + READY_MS;
  while (!readdirSync(directory).includes('ready.json')) {
    if (readdirSync(directory).includes('outcome') || performance.now() > end) {
      throw new Error(`The job did not become ready:\n${readFileSync(join(directory, 'job.log'), 'utf8')}`);
    }
    await sleep(20);
  }
}

async function untilEnded(directory) {
  const end = performance.now() + ENDS_MS;
  while (!readdirSync(directory).includes('outcome') && performance.now() < end) await sleep(50);
}
