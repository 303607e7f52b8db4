import { findOnPath } from '../../jupyter/probe.js';
import { run } from '../../platform/process.js';
import { chooseScheduler } from '../../scheduler/choose.js';
import type { Partition, Scheduler } from '../../scheduler/scheduler.js';
import { PARTITION, SCHEDULER } from '../../words/doctor.js';
import type { Surroundings } from './examine.js';
import { bad, doubtful, failed, good, type Finding } from './finding.js';

type Kind = Exclude<Scheduler['kind'], 'local'>;

/** The program that submits, and the one that says its version in a line of this form. */
const PROGRAMS: Record<Kind, { name: string; submit: string; version: [string, RegExp] }> = {
  slurm: { name: 'Slurm', submit: 'sbatch', version: ['sbatch', /^\S+ (\d\S*)/m] },
  torque: { name: 'Torque', submit: 'qsub', version: ['qstat', /^version: *(\d\S*)/im] },
  pbs: { name: 'PBS', submit: 'qsub', version: ['qstat', /^pbs_version *= *(\S+)/m] },
};

const VERSION_MS = 3000;
/** More names would not be read. */
const NAMED = 8;

/** When it does not answer at all. */
export function slowScheduler(kind: Scheduler['kind'] | undefined, limitMs: number): Finding {
  const name = kind === undefined || kind === 'local' ? SCHEDULER.someName : PROGRAMS[kind].name;
  return noAnswer(SCHEDULER.slow(name, limitMs / 1000));
}

/** Asks the scheduler what a launch asks of it before it submits. */
export async function lookAtScheduler({ context, options, system, kind }: Surroundings): Promise<Finding[]> {
  if (kind === undefined) return [];
  if (kind === 'local') return [good('Scheduler', SCHEDULER.noneNeeded)];
  const { env, signal } = context;
  const { name, submit } = PROGRAMS[kind];
  if ((await findOnPath(submit, env['PATH'])) === undefined) {
    return [bad('Scheduler', 'scheduler-unreachable', ...SCHEDULER.noProgram(system?.name, name, submit))];
  }
  const scheduler = await chooseScheduler(kind, { env });
  const [version, partitions, doubts] = await Promise.all([
    versionOf(kind, env, signal),
    scheduler.partitions(signal),
    doubtsOf(scheduler, signal),
  ]);
  // Programs of another scheduler: to wait for an answer of this one mends nothing.
  if (doubts.some(({ verdict }) => verdict === 'bad')) return doubts;
  const shown = version === undefined ? name : `${name} ${version}`;
  if (partitions === undefined) {
    return [noAnswer(SCHEDULER.silent(shown)), ...doubts];
  }
  const answers = good('Scheduler', SCHEDULER.answers(shown, listed(kind, partitions)));
  const partition = options.partition ?? system?.values.partition;
  return [answers, ...doubts, ...partitionFinding(partition, partitions)];
}

/** Nobody can tell then whether a job would start, and a launch would not get further. */
function noAnswer(text: string): Finding {
  return bad('Scheduler', 'scheduler-unreachable', text, SCHEDULER.perhapsBusy);
}

async function versionOf(
  kind: Kind,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [program, form] = PROGRAMS[kind].version;
  const said = await run(program, ['--version'], { env, timeoutMs: VERSION_MS, signal });
  return form.exec(`${said.stdout}\n${said.stderr}`)?.[1];
}

/** Whether the programs here are another scheduler's. */
async function doubtsOf(scheduler: Scheduler, signal: AbortSignal): Promise<Finding[]> {
  try {
    const doubt = await scheduler.doubt?.(signal);
    return doubt === undefined ? [] : [doubtful('Scheduler', doubt, SCHEDULER.correctIt)];
  } catch (error) {
    return [failed('Scheduler', error)];
  }
}

function listed(kind: Kind, partitions: readonly Partition[]): string {
  const names = partitions.map(({ name, up, closed }) => (up && !closed ? name : SCHEDULER.closed(name)));
  return SCHEDULER.partitions(kind === 'slurm', names.length, names.slice(0, NAMED));
}

/** Of the one that is used when nobody names another. */
function partitionFinding(name: string | undefined, partitions: readonly Partition[]): Finding[] {
  if (name === undefined) return [];
  const found = partitions.find((partition) => partition.name === name);
  if (!found) {
    const there = partitions.map((partition) => partition.name);
    return [bad('Partition', 'unknown-partition', ...PARTITION.missing(name, there))];
  }
  if (found.closed) {
    return [bad('Partition', 'scheduler-refused', ...PARTITION.closed(name))];
  }
  if (found.up) return [good('Partition', PARTITION.usual(name))];
  return [doubtful('Partition', ...PARTITION.down(name))];
}
