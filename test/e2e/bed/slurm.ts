/** The bed's real Slurm, asked and told by its own commands as root. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { theBed } from './bed.js';
import { type Ended, run, until } from './processes.js';

/** What a program needs in its environment to talk to the bed's cluster and no other. */
export function slurmEnvironment(): NodeJS.ProcessEnv {
  return { SLURM_CONF: theBed().slurmConf };
}

/** Runs one of Slurm's commands as root. */
export async function slurm(...command: string[]): Promise<Ended> {
  return run(command, { env: { PATH: '/usr/bin:/bin:/usr/sbin', ...slurmEnvironment() }, limitMs: 20_000 });
}

/** The daemon below which all jobs run (see recordBelow in strace.ts). */
export function slurmdPid(): number {
  return Number(readFileSync(join(dirname(theBed().slurmConf), 'slurmd.pid'), 'utf8'));
}

/** `scontrol show job -dd`, key by key; undefined when Slurm does not know the job (any more). */
export async function showJob(id: string): Promise<Map<string, string> | undefined> {
  const shown = await slurm('scontrol', 'show', 'job', '-dd', id);
  if (shown.exitCode === 0) return jobFields(shown.stdout);
  if (shown.stderr.includes('Invalid job id')) return undefined;
  throw new Error(`scontrol show job ${id}: ${shown.stderr}`);
}

/** A line of scontrol holds one or more `Key=value`; a value may hold blanks. */
function jobFields(text: string): Map<string, string> {
  const field = /([A-Za-z][\w:/]*)=(.*?)(?=\s+[A-Za-z][\w:/]*=|\s*$)/gm;
  return new Map([...text.matchAll(field)].map(([, key, value]) => [key!, value!]));
}

/** Waits until the job is in one of the states (`RUNNING`, `COMPLETED`, …) and returns its fields. */
export async function jobInState(
  id: string,
  states: readonly string[],
  limitMs = 60_000,
): Promise<Map<string, string>> {
  let last: Map<string, string> | undefined;
  const found = await until(
    async () => {
      last = await showJob(id);
      return last && states.includes(last.get('JobState') ?? '') ? last : undefined;
    },
    limitMs,
    200,
  );
  if (found) return found;
  const state = `${last?.get('JobState') ?? 'unknown to Slurm'} (${last?.get('Reason') ?? ''})`;
  throw new Error(`After ${limitMs} ms job ${id} is ${state}, not ${states.join(' or ')}`);
}

/** Ids of the jobs that a user has in the queue; with a name only those of that name. */
export async function jobsOf(userName: string, jobName?: string): Promise<string[]> {
  const named = jobName === undefined ? [] : ['--name', jobName];
  const listed = await slurm('squeue', '-h', '-u', userName, ...named, '-o', '%i');
  if (listed.exitCode !== 0) throw new Error(`squeue: ${listed.stderr}`);
  return listed.stdout.split('\n').filter(Boolean);
}

/** From now on jobs are accepted and wait: no partition is down, so that nobody refuses them. */
export async function holdJobStarts(): Promise<void> {
  await changeNode('State=DRAIN', 'Reason=test');
}

/** Undoes {@link holdJobStarts}. Put it into an afterEach as well. */
export async function allowJobStarts(): Promise<void> {
  await changeNode('State=UNDRAIN');
}

async function changeNode(...changes: string[]): Promise<void> {
  const name = (await slurm('sinfo', '-h', '-o', '%n')).stdout.trim().split('\n')[0] ?? '';
  const changed = await slurm('scontrol', 'update', `NodeName=${name}`, ...changes);
  if (changed.exitCode !== 0) throw new Error(`scontrol update node: ${changed.stderr}`);
}

/** Lets a held job (`--hold`) go. */
export async function releaseJob(id: string): Promise<void> {
  await slurm('scontrol', 'release', id);
}

export async function cancelJob(id: string): Promise<void> {
  await slurm('scancel', id);
}

/** Cancels everything a user has and waits until it is gone from the queue. For an afterEach. */
export async function clearJobsOf(userName: string, limitMs = 45_000): Promise<void> {
  await slurm('scancel', '-u', userName);
  const gone = await until(
    async () => ((await jobsOf(userName)).length === 0 ? true : undefined),
    limitMs,
    200,
  );
  if (!gone) throw new Error(`After ${limitMs} ms ${userName} still has jobs in the queue`);
}
