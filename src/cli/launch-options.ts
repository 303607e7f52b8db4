/** From flags as they were typed to options that are read and checked. Pure. */
import type { Server } from '../script/call.js';
import { parseEndpoint } from '../launch/endpoint.js';
import type { LaunchOptions } from '../launch/options.js';
import { parseTime } from '../scheduler/duration.js';
import { checkedModule } from '../jupyter/modules.js';
import { checkedCount, checkedExpression, checkedMemory, checkedWord } from '../scheduler/option-values.js';
import { SSH_WAYS } from '../site/schema.js';
import {
  badNotify,
  badPort,
  emptyOption,
  imageForTime,
  noSuchInterface,
  notOneOf,
  notTogether,
  timeTwice,
  twoGpuKinds,
} from '../words/options.js';
import type { LaunchFlags } from './options.js';
import { variableOf } from './variables.js';

/** `fromVariable` tells whether a value came from START_JUPYTER_<OPTION>. Throws 'bad-option' or 'bad-time'. */
export function readOptions(
  time: string | undefined,
  flags: LaunchFlags,
  fromVariable: (flag: string) => boolean,
): LaunchOptions {
  refuseImage(time, flags.info ?? false);
  const source = (flag: keyof LaunchFlags): string => {
    const option = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return fromVariable(flag) ? variableOf(option) : `--${option}`;
  };
  refuseTogether(time, flags, source);
  const given = <Key extends string, Out>(
    key: Key,
    flag: keyof LaunchFlags,
    read: (option: string, value: string) => Out,
  ): Partial<Record<Key, Out>> => {
    const value = flags[flag];
    if (typeof value !== 'string') return {};
    if (value === '') throw emptyOption(source(flag));
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
    schedulerArguments: flags.schedulerArg.map((argument) => notEmpty(source('schedulerArg'), argument)),
    ...given('profile', 'profile', asItIs),
    ...given('modules', 'modules', checkedModules),
    ...list('modulepath', source('modulepath'), flags.modulepath),
    ...given('condaEnv', 'condaEnv', asItIs),
    ...given('condaYml', 'condaYml', asItIs),
    ...given('image', 'image', asItIs),
    ...list('binds', source('bind'), flags.bind),
    ...imageGpu(flags, source),
    ...given('connect', 'connect', oneOf('proxy', 'ssh')),
    ...given('sshWay', 'sshWay', oneOf(...SSH_WAYS)),
    ...given('localPort', 'localPort', readPort),
    ...given('warnBefore', 'warnBefore', minutesOrNone),
    ...given('idleTimeout', 'idleTimeout', minutesOrNone),
    ...given('notify', 'notify', readNotify),
    here: flags.here ?? false,
    info: flags.info ?? false,
    dryRun: flags.dryRun ?? false,
    check: flags.check,
    from: (key) => source(flagOf(key, flags)),
  };
}

/** The flag that gives a key of systems.yaml. */
function flagOf(key: Parameters<LaunchOptions['from']>[0], { nv }: LaunchFlags): keyof LaunchFlags {
  if (key === 'image_gpu') return nv ? 'nv' : 'rocm';
  if (key === 'binds') return 'bind';
  if (key === 'template') return 'batchScript';
  return key.replace(/_[a-z]/g, (letter) => letter.charAt(1).toUpperCase()) as keyof LaunchFlags;
}

function oneOf<const T extends string>(...choices: readonly T[]): (option: string, value: string) => T {
  return (option, value) => {
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    throw notOneOf(option, value, choices);
  };
}

function minutesOrNone(_option: string, value: string): number {
  return value === 'none' ? 0 : parseTime(value);
}

/** Of a person’s own computer. */
export function readPort(option: string, value: string): number {
  const port = checkedCount(option, value);
  if (port >= 1024 && port <= 65_535) return port;
  throw badPort(option, value);
}

/** `mail`, or `mail=ADDRESS`: schedulers take several parted by commas, and read nothing else out of it. */
function readNotify(option: string, value: string): { to?: string } {
  const [, to] =
    /^mail(?:=([^\s,;'"`\\$<>|&(){}@\p{Cc}-][^\s,;'"`\\$<>|&(){}@\p{Cc}]*@[\w.-]+))?$/u.exec(value) ?? [];
  if (to !== undefined) return { to };
  if (value === 'mail') return {};
  throw badNotify(option, value);
}

type Source = (flag: keyof LaunchFlags) => string;

function refuseTogether(time: string | undefined, flags: LaunchFlags, source: Source): void {
  if (time !== undefined && flags.time !== undefined) {
    throw timeTwice(time, flags.time);
  }
  if (flags.quiet && flags.json) {
    throw notTogether(source('quiet'), source('json'));
  }
}

function asItIs(_option: string, value: string): string {
  return value;
}

/** An empty argument of the scheduler would be taken for the name of the script. */
function notEmpty(option: string, value: string): string {
  if (value === '') throw emptyOption(option);
  return value;
}

/** An option that may be repeated; absent when it was never given. */
function list<Key extends string>(
  key: Key,
  option: string,
  values: string[],
): Partial<Record<Key, string[]>> {
  if (values.length === 0) return {};
  return { [key]: values.map((value) => notEmpty(option, value)) } as Record<Key, string[]>;
}

/** `gcc/12,astro`: the names as `module load` takes them. */
function checkedModules(option: string, value: string): string[] {
  return value.split(',').map((name) => checkedModule(option, name.trim()));
}

function imageGpu({ nv, rocm }: LaunchFlags, source: Source): Pick<LaunchOptions, 'imageGpu'> {
  if (nv && rocm) {
    throw twoGpuKinds(source('nv'), source('rocm'));
  }
  if (nv) return { imageGpu: 'nv' };
  return rocm ? { imageGpu: 'rocm' } : {};
}

function readServer(_option: string, text: string): Server {
  if (text === 'notebook') return 'notebook';
  if (text === 'jupyterlab' || text === 'lab') return 'jupyterlab';
  throw noSuchInterface(text);
}

/** In the original start-jupyter, -i named a container image. */
function refuseImage(time: string | undefined, info: boolean): void {
  if (time === undefined || /^[\d:.-]+[a-z]*$/i.test(time)) return;
  const image = /\.(sif|simg|img|sqsh)$/i.test(time) || /^[a-z]+:\/\//.test(time) || time.includes('/');
  if (!image && !info) return;
  throw imageForTime(time, image);
}
