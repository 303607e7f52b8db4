// (e) What `start-jupyter list` costs with 50 sessions that wait, over `node -e 0` and one question to Slurm.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { runAs, user } from './bed.mjs';
import { over, summary } from './statistics.mjs';

const SESSIONS = 50;

/** Real jobs, held in the bed's queue, each with the record that its launch would have left. */
export async function measureList(bed, packageFolder, rounds) {
  const who = user(bed.users.alice);
  const state = mkdtempSync('/var/tmp/start-jupyter-bench-sessions-');
  const env = { SLURM_CONF: bed.slurmConf, XDG_STATE_HOME: state };
  const ids = [];
  try {
    await runAs({ ...who, uid: 0, gid: 0, home: '/' }, ['chown', `${who.uid}:${who.gid}`, state]);
    for (let number = 0; number < SESSIONS; number++) ids.push(await holdSession(who, env, state, number));
    const commands = {
      bare: [bed.node, '-e', '0'],
      squeue: ['squeue', '-h', '-t', 'all', '-j', ids.join(','), '-o', '%i %T %r %B %S %e %j'],
      list: [bed.node, join(packageFolder, 'bin/start-jupyter.js'), 'list', '--json'],
    };
    const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
    // The first round fills the page cache and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const [name, command] of Object.entries(commands)) {
        const start = performance.now();
        const { stdout } = await runAs(who, command, { env });
        if (round > 0) times[name].push(performance.now() - start);
        if (name === 'list') checkList(stdout);
      }
    }
    const floor = times.bare.map((bare, round) => bare + times.squeue[round]);
    const [bare, squeue, list] = ['bare', 'squeue', 'list'].map((name) => summary(times[name]));
    return { bare, squeue, list, over: over(times.list, floor) };
  } finally {
    if (ids.length > 0) await runAs(who, ['scancel', ...ids], { env });
    rmSync(state, { recursive: true, force: true });
  }
}

async function holdSession(who, env, state, number) {
  const id = `20261101-000000-${number.toString(16).padStart(10, '0')}`;
  const jobName = `jupyter-${number.toString(16).padStart(10, '0')}`;
  const sbatch = ['sbatch', '--parsable', '--hold', '--job-name', jobName, '--output', '/dev/null'];
  const { stdout } = await runAs(who, [...sbatch, '--wrap', 'true'], { env });
  const jobId = stdout.trim();
  const directory = join(state, 'start-jupyter/sessions', id);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const record = {
    ...{ version: 1, id, system: 'bench', scheduler: 'slurm', jobName, jobId, host: hostname() },
    ...{ connect: 'proxy', name: 'amber-brook-cedar', url: 'https://amber-brook-cedar.example.org/' },
    ...{ endpoint: 'example.org:443', protocol: 'v1', server: 'jupyterlab', rootDir: who.home },
    ...{ walltimeMinutes: 30, createdAt: new Date().toISOString(), launcherVersion: '0.1.0' },
  };
  writeFileSync(join(directory, 'session.json'), JSON.stringify(record), { mode: 0o600 });
  await runAs({ ...who, uid: 0, gid: 0, home: '/' }, ['chown', '-R', `${who.uid}:${who.gid}`, state]);
  return jobId;
}

function checkList(stdout) {
  const waiting = JSON.parse(stdout).sessions.filter(({ state }) => state === 'queued');
  if (waiting.length !== SESSIONS) throw new Error(`list shows ${waiting.length} waiting: ${stdout}`);
}
