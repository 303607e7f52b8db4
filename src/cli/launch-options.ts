/** From flags as they were typed to options that are read and checked. Pure. */
import { StartJupyterError } from '../errors.js';
import type { Server } from '../jupyter/server-choice.js';
import { parseEndpoint } from '../launch/endpoint.js';
import type { LaunchOptions } from '../launch/options.js';
import { parseTime } from '../scheduler/duration.js';
import { checkedCount, checkedExpression, checkedMemory, checkedWord } from '../scheduler/option-values.js';
import { variableOf, type LaunchFlags } from './options.js';

/** `fromVariable` tells whether a value came from START_JUPYTER_<OPTION>. Throws 'bad-option' or 'bad-time'. */
export function readOptions(
  time: string | undefined,
  typed: LaunchFlags,
  fromVariable: (flag: string) => boolean,
): LaunchOptions {
  refuseImage(time, typed.info ?? false);
  const flags = withoutBeaten(time, typed, fromVariable);
  refuseTogether(time, flags);
  const source = (flag: keyof LaunchFlags): string => {
    const option = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return flags[flag] !== undefined && fromVariable(flag) ? variableOf(option) : `--${option}`;
  };
  const given = <Key extends string, Out>(
    key: Key,
    flag: keyof LaunchFlags,
    read: (option: string, value: string) => Out,
  ): Partial<Record<Key, Out>> => {
    const value = flags[flag];
    if (typeof value !== 'string') return {};
    if (value === '') throw refusal(`${source(flag)} is empty.`, 'Leave it out, or give it a value.');
    return { [key]: read(source(flag), value) } as Record<Key, Out>;
  };
  const positional = time === undefined ? {} : { minutes: parseTime(time) };
  return {
    ...given('partition', 'partition', checkedWord),
    ...given('account', 'account', checkedWord),
    ...given('minutes', 'time', (_option, value) => parseTime(value)),
    ...positional,
    ...given('nodes', 'nodes', checkedCount),
    ...given('cpus', 'cpus', checkedCount),
    ...given('gpus', 'gpus', checkedCount),
    ...given('memory', 'memory', checkedMemory),
    ...given('gres', 'gres', checkedExpression),
    ...given('qos', 'qos', checkedWord),
    ...given('constraint', 'constraint', checkedExpression),
    ...given('reservation', 'reservation', checkedWord),
    ...given('directory', 'dir', asItIs),
    ...given('batchScript', 'batchScript', asItIs),
    ...given('server', 'server', readServer),
    ...given('endpoint', 'endpoint', (_option, value) => parseEndpoint(value)),
    ...given('ca', 'ca', asItIs),
    ...given('system', 'system', (option, name) => ({
      name,
      from: option === '--system' ? ('--system' as const) : ('START_JUPYTER_SYSTEM' as const),
    })),
    schedulerArguments: flags.schedulerArg.map(checkedArgument),
    info: flags.info ?? false,
    dryRun: flags.dryRun ?? false,
    check: flags.check,
    from: (key) => source(key as keyof LaunchFlags),
  };
}

/** What the command line says beats a variable that says the same otherwise. */
function withoutBeaten(
  time: string | undefined,
  flags: LaunchFlags,
  fromVariable: (flag: string) => boolean,
): LaunchFlags {
  const beaten = (flag: 'time' | 'server' | 'batchScript', other: string | undefined, by: string): boolean =>
    flags[flag] !== undefined && fromVariable(flag) && other !== undefined && !fromVariable(by);
  const kept = { ...flags };
  if (beaten('time', time, 'the argument')) delete kept.time;
  if (beaten('server', flags.batchScript, 'batchScript')) delete kept.server;
  if (beaten('batchScript', flags.server, 'server')) delete kept.batchScript;
  return kept;
}

function refuseTogether(time: string | undefined, flags: LaunchFlags): void {
  if (time !== undefined && flags.time !== undefined) {
    const both = `${JSON.stringify(time)} and --time ${JSON.stringify(flags.time)}`;
    throw refusal(`The time is given twice: ${both}.`, 'Leave one of them out.');
  }
  if (flags.server !== undefined && flags.batchScript !== undefined) {
    throw refusal(
      '--server and --batch-script do not go together.',
      'A batch script says itself what it starts.',
    );
  }
  if (flags.quiet && flags.json) {
    throw refusal('--quiet and --json do not go together.', 'Choose one of them.');
  }
}

function asItIs(_option: string, value: string): string {
  return value;
}

/** An empty one would be taken for the name of the script. */
function checkedArgument(argument: string): string {
  if (argument === '') throw refusal('--scheduler-arg is empty.', 'Leave it out, or give it a value.');
  return argument;
}

function readServer(_option: string, text: string): Server {
  if (text === 'notebook') return 'notebook';
  if (text === 'jupyterlab' || text === 'lab') return 'jupyterlab';
  const shown = JSON.stringify(text);
  throw refusal(`There is no interface ${shown}.`, 'Choose -s notebook or -s jupyterlab (or lab).');
}

/** In the original start-jupyter, -i named a container image. */
function refuseImage(time: string | undefined, info: boolean): void {
  if (time === undefined || /^[\d:.-]+[a-z]*$/i.test(time)) return;
  const image = /\.(sif|simg|img|sqsh)$/i.test(time) || /^[a-z]+:\/\//.test(time) || time.includes('/');
  if (!image && !info) return;
  throw refusal(
    `${JSON.stringify(time)} is no time${image ? ' but looks like a container image' : ''}.`,
    '-i shows extra information about the job. Container images will come with the option --image in a later version.',
  );
}

function refusal(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', message, { hint });
}
