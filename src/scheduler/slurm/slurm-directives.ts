/** A request as #SBATCH lines. Pure. */
import { gpusTwice, notInDirective } from '../../words/slurm.js';
import { hhmmss } from '../duration.js';
import type { Directives, JobRequest, Rank, Ranked } from '../scheduler.js';

const SECONDS_PER_MINUTE = 60;

interface Line {
  option: string;
  value: Ranked<string | number> | undefined;
}

/**
 * The directives of a request, those of rank `lower` and `upper` apart.
 * Throws 'bad-option' for a value that a line cannot hold (a newline, NUL) and for GPUs asked for twice.
 */
export function slurmDirectives(request: JobRequest): Directives {
  const lines = resourceLines(request);
  const ofRank = (rank: Rank) =>
    lines.flatMap(({ option, value }) => (value?.rank === rank ? [directive(option, value.value)] : []));
  return { lower: ofRank('lower'), upper: [...ofRank('upper'), ...sessionLines(request)] };
}

function resourceLines(request: JobRequest): Line[] {
  const { walltime, gpus } = request;
  return [
    { option: 'partition', value: request.partition },
    { option: 'account', value: request.account },
    { option: 'time', value: { ...walltime, value: timeText(walltime.value) } },
    // No task count: without one Slurm starts one task on each node, and a template may have its own.
    { option: 'nodes', value: request.nodes },
    { option: 'cpus-per-task', value: request.cpus },
    { option: 'mem', value: request.memory },
    { option: 'gpus', value: gpus?.value.form === 'gpus' ? counted(gpus) : undefined },
    { option: 'gres', value: genericResources(request) },
    { option: 'qos', value: request.qos },
    { option: 'constraint', value: request.constraint },
    { option: 'reservation', value: request.reservation },
    { option: 'signal', value: request.signal ?? warning(request.warnBefore) },
    ...mailLines(request.mail),
  ];
}

/** The longest that --signal takes. */
const LONGEST_WARNING_SECONDS = 65_535;

/** To the batch shell alone: without `B:` the steps of the job would get it, and not the shell. */
function warning(warnBefore: JobRequest['warnBefore']): Ranked<string> | undefined {
  if (!warnBefore) return undefined;
  const seconds = Math.min(Math.ceil(warnBefore.value * SECONDS_PER_MINUTE), LONGEST_WARNING_SECONDS);
  return { value: `B:USR1@${seconds}`, rank: warnBefore.rank };
}

/** FAIL beside END: a job that fails to start has no end. */
function mailLines(mail: JobRequest['mail']): Line[] {
  if (!mail) return [];
  const { value, rank } = mail;
  return [
    { option: 'mail-type', value: { value: 'BEGIN,END,FAIL', rank } },
    { option: 'mail-user', value: value.to === undefined ? undefined : { value: value.to, rank } },
  ];
}

function timeText(walltime: number | string): string {
  return typeof walltime === 'number' ? hhmmss(walltime) : walltime;
}

function counted(gpus: NonNullable<JobRequest['gpus']>): Ranked<string> {
  return { value: String(gpus.value.count), rank: gpus.rank };
}

/** GPUs of form `gres` and --gres share one line, because a second --gres line would undo the first. */
function genericResources({ gpus, gres }: JobRequest): Ranked<string> | undefined {
  if (gpus?.value.form !== 'gres') return gres;
  const asked = `gpu:${gpus.value.count}`;
  if (!gres) return { value: asked, rank: gpus.rank };
  const others = gres.value.split(',').filter((entry) => !/^gpu(:|$)/.test(entry));
  const namesGpus = others.length < gres.value.split(',').length;
  if (namesGpus && gres.rank === gpus.rank) {
    throw gpusTwice(asked, gres.value);
  }
  if (namesGpus && gres.rank === 'upper') return gres;
  const rank = gpus.rank === 'upper' ? 'upper' : gres.rank;
  return { value: [asked, ...others].join(','), rank };
}

/**
 * What the session rests on, whatever a template says: the job is found by its name, the log is in the private
 * directory, and a job that ran once has removed its secrets, so that a second run could only fail.
 */
function sessionLines(request: JobRequest): string[] {
  const log = logPattern(request.logFile);
  return [
    directive('job-name', request.name),
    directive('chdir', request.workingDirectory),
    directive('output', log),
    // Said although Slurm joins them by default: a template's own --error would part them.
    directive('error', log),
    directive('open-mode', 'append'),
    '#SBATCH --no-requeue',
  ];
}

/**
 * A file name for --output, where `%j` and its kin are patterns. `%%` stands for a percent sign; but once there is a
 * backslash in the name Slurm expands nothing and only takes the backslashes away (sbatch(1), filename pattern).
 */
function logPattern(file: string): string {
  return file.includes('\\') ? file.replaceAll('\\', '\\\\') : file.replaceAll('%', '%%');
}

function directive(option: string, value: string | number): string {
  return `#SBATCH --${option}=${quoteForSbatch(option, String(value))}`;
}

/**
 * A value for sbatch's own reader of directive lines: words end at white space, `#` starts a comment, and between
 * double quotes only the backslash and the double quote are special. Nothing can stand for a line's end.
 */
function quoteForSbatch(option: string, value: string): string {
  if (value === '' || /[\n\r\0]/.test(value)) throw notInDirective(option, value);
  if (/^[A-Za-z0-9_.,:=+@%/-]+$/.test(value)) return value;
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
