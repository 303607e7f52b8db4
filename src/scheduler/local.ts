/**
 * Runs jobs on this machine: no queue, a time limit, and a state on disk beside the job's script, so that any process of the
 * user can look at the job and cancel it. A job ends with this process. The supervisor is batch-templates/local/supervise.sh.
 */
import { constants } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartJupyterError } from '../errors.js';
import { failureOf, run } from '../platform/process.js';
import {
  interruptedBeforeStart,
  isNoJobId,
  LEFT_NO_WORD,
  lookAtProcess,
  noJobsOnWindows,
  notCancelled,
  notStartedHere,
  nowhereSaid,
  SUPERVISOR_STAYS,
} from '../words/scheduler.js';
import { foregroundEnvironment, jobEnvironment } from './job-environment.js';
import { processStart } from './process-start.js';
import type { JobId, JobState, Scheduler, SubmitOptions } from './scheduler.js';

/** The supervisor kills what is left of a job 15 s after it was asked to end. */
const CANCEL_MS = 25_000;

/** `local-job.json`, beside the job's script. */
interface LocalJob {
  id: string;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  endsAt: string;
}

export function createLocal({ env }: { env: NodeJS.ProcessEnv }): Scheduler {
  return {
    kind: 'local',
    // Its only directive, the time limit, is in the session's settings.
    directives: () => ({ lower: [], upper: [] }),
    ownDirectives: () => ({}),
    siteVariables: () => ({ values: {}, inForce: [] }),
    minutes: () => undefined,
    submitCommand: superviseCommand,
    submit: (scriptPath, options) => startJob(env, scriptPath, options),
    inspect: (id) => inspectJob(env, id),
    inspectAll: async (jobs) =>
      new Map(await Promise.all(jobs.map(async ({ id }) => [id.id, await inspectJob(env, id)] as const))),
    // By its directory, not by its name.
    find: () => Promise.resolve(undefined),
    warns: false,
    cancel: (id) => cancelJob(env, id),
    // It stays in the foreground: Ctrl-C does it.
    cancelCommand: () => [],
    partitions: () => Promise.resolve([]),
  };
}

function superviseCommand(scriptPath: string): string[] {
  const directory = dirname(scriptPath);
  return ['bash', join(directory, 'supervise.sh'), directory];
}

async function startJob(
  env: NodeJS.ProcessEnv,
  scriptPath: string,
  { signal }: SubmitOptions,
): Promise<JobId> {
  if (process.platform === 'win32') {
    throw noJobsOnWindows();
  }
  if (signal?.aborted) throw interruptedBeforeStart();
  const directory = dirname(scriptPath);
  const [file = '', ...args] = superviseCommand(scriptPath);
  // The signal is not handed on: this takes milliseconds, and then there is a job that can be cancelled.
  const result = await run(file, args, { env: foregroundEnvironment(env), timeoutMs: 30_000 });
  const [, pid, seconds] = /^(\d+) (\d+)$/m.exec(result.stdout) ?? [];
  if (result.exitCode !== 0 || pid === undefined || seconds === undefined) {
    // 3: supervise.sh says which programs it lacks.
    const lacks = result.notFound || result.exitCode === 3;
    throw notStartedHere(failureOf(file, result), lacks);
  }
  return await rememberJob(env, directory, Number(pid), Number(seconds));
}

async function rememberJob(
  env: NodeJS.ProcessEnv,
  directory: string,
  pid: number,
  seconds: number,
): Promise<JobId> {
  const start = await processStart(pid, env);
  // 0: it has ended already; its exit is on disk.
  const id = `local-${pid}-${'mark' in start ? start.mark : '0'}`;
  const now = Date.now();
  const job: LocalJob = {
    id,
    startedAt: new Date(now).toISOString(),
    endsAt: new Date(now + seconds * 1000).toISOString(),
  };
  await writeFile(join(directory, 'local-job.json'), `${JSON.stringify(job)}\n`, { mode: 0o600, flag: 'wx' });
  return { id, directory };
}

async function inspectJob(env: NodeJS.ProcessEnv, id: JobId): Promise<JobState> {
  const { directory } = id;
  if (directory === undefined) return { phase: 'unknown', why: nowhereSaid(id.id) };
  const alive = await isAlive(env, id);
  if (typeof alive === 'object') return { phase: 'unknown', why: alive.why };
  if (alive) return { phase: 'running', node: hostname(), ...(await endOf(directory)) };
  // Read after the supervisor is seen to be gone: it writes this last.
  const exit = await read(join(directory, 'local-exit')).catch(() => '');
  return endedState(exit.trim());
}

async function endOf(directory: string): Promise<{ endsAt?: Date }> {
  try {
    const job = JSON.parse(await read(join(directory, 'local-job.json'))) as LocalJob;
    // Of an allocation that was lengthened; in seconds.
    const extended = await read(join(directory, 'extended')).catch(() => '');
    const later = /^\d{1,11}$/m.exec(extended)?.[0] ?? 0;
    return { endsAt: new Date(Math.max(Date.parse(job.endsAt), Number(later) * 1000)) };
  } catch {
    return {};
  }
}

/** Windows has no pipes among its files. */
const { O_RDONLY, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

/** What lies there may be a pipe, into which nobody writes. */
function read(path: string): Promise<string> {
  return readFile(path, { encoding: 'utf8', flag: (O_RDONLY ?? 0) | O_NONBLOCK });
}

function endedState(exit: string): JobState {
  if (exit === 'completed 0') return { phase: 'ended', outcome: 'completed' };
  if (exit === 'cancelled' || exit === 'timed-out') return { phase: 'ended', outcome: exit };
  const status = /^failed (\d+)$/.exec(exit)?.[1];
  if (status !== undefined) {
    const detail = `exit status ${status}`;
    return { phase: 'ended', outcome: 'failed', detail, exitStatus: Number(status) };
  }
  return { phase: 'ended', outcome: 'unknown', detail: LEFT_NO_WORD };
}

async function cancelJob(env: NodeJS.ProcessEnv, id: JobId): Promise<void> {
  const deadline = Date.now() + CANCEL_MS;
  let asked = false;
  for (;;) {
    const alive = await isAlive(env, id);
    if (typeof alive === 'object') throw stillThere(id, alive.why);
    if (!alive) return;
    if (Date.now() > deadline) throw stillThere(id, SUPERVISOR_STAYS);
    if (!asked) terminate(id, pidOf(id));
    asked = true;
    await sleep(50);
  }
}

function terminate(id: JobId, pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH') throw stillThere(id, message);
  }
}

function stillThere(id: JobId, why: string): StartJupyterError {
  const pid = pidOf(id);
  return notCancelled(id.id, why, pid === undefined ? undefined : lookAtProcess(pid));
}

/** Whether the very process is there that the id names, not another one with its number. */
async function isAlive(env: NodeJS.ProcessEnv, id: JobId): Promise<boolean | { why: string }> {
  const pid = pidOf(id);
  if (pid === undefined) return { why: isNoJobId('this machine', id.id) };
  const start = await processStart(pid, jobEnvironment(env));
  if ('why' in start) return start;
  return 'mark' in start && id.id === `local-${pid}-${start.mark}`;
}

/** Undefined: it is no id of ours. */
function pidOf(id: JobId): number | undefined {
  const pid = /^local-([1-9]\d*)-\d+$/.exec(id.id)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
