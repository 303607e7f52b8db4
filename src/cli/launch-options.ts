/** From flags as they were typed to options that are read and checked. Pure. */
import { StartJupyterError } from '../errors.js';
import type { Server } from '../jupyter/server-choice.js';
import { parseEndpoint } from '../launch/endpoint.js';
import type { LaunchOptions } from '../launch/options.js';
import { parseTime } from '../scheduler/duration.js';
import { checkedExpression, checkedMemory, checkedWord } from '../scheduler/option-values.js';
import type { LaunchFlags } from './options.js';

/** `fromVariable` tells whether a value came from START_JUPYTER_<OPTION>. Throws 'bad-option' or 'bad-time'. */
export function readOptions(
  time: string | undefined,
  flags: LaunchFlags,
  fromVariable: (option: string) => boolean,
): LaunchOptions {
  refuseImage(time, flags.info ?? false);
  // The command line's own argument beats START_JUPYTER_TIME.
  const asOption = fromVariable('time') && time !== undefined ? undefined : flags.time;
  if (time !== undefined && asOption !== undefined) {
    throw refusal(`The time is given twice: "${time}" and --time ${asOption}.`, 'Leave one of them out.');
  }
  if (flags.server !== undefined && flags.batchScript !== undefined) {
    throw refusal(
      '--server and --batch-script do not go together.',
      'A batch script says itself what it starts.',
    );
  }
  if (flags.quiet && flags.json)
    throw refusal('--quiet and --json do not go together.', 'Choose one of them.');
  const typed = asOption ?? time;
  return {
    ...given('partition', flags.partition, (value) => checkedWord('--partition', value)),
    ...given('account', flags.account, (value) => checkedWord('--account', value)),
    ...given('minutes', typed, parseTime),
    ...given('nodes', flags.nodes, asItIs),
    ...given('cpus', flags.cpus, asItIs),
    ...given('gpus', flags.gpus, asItIs),
    ...given('memory', flags.memory, (value) => checkedMemory('--memory', value)),
    ...given('gres', flags.gres, (value) => checkedExpression('--gres', value)),
    ...given('qos', flags.qos, (value) => checkedWord('--qos', value)),
    ...given('constraint', flags.constraint, (value) => checkedExpression('--constraint', value)),
    ...given('reservation', flags.reservation, (value) => checkedWord('--reservation', value)),
    ...given('directory', flags.dir, asItIs),
    ...given('batchScript', flags.batchScript, asItIs),
    ...given('server', flags.server, readServer),
    ...given('endpoint', flags.endpoint, parseEndpoint),
    ...given('ca', flags.ca, asItIs),
    ...given('system', flags.system, (name) => ({
      name,
      from: fromVariable('system') ? ('START_JUPYTER_SYSTEM' as const) : ('--system' as const),
    })),
    schedulerArguments: flags.schedulerArg,
    info: flags.info ?? false,
    dryRun: flags.dryRun ?? false,
    check: flags.check,
    from: (key) => (fromVariable(key) ? `START_JUPYTER_${key.toUpperCase()}` : `--${key}`),
  };
}

function given<Key extends string, In, Out>(
  key: Key,
  value: In | undefined,
  read: (value: In) => Out,
): Partial<Record<Key, Out>> {
  if (value === undefined) return {};
  if (value === '')
    throw refusal(`The value of ${key} is empty.`, 'Leave the option out, or give it a value.');
  return { [key]: read(value) } as Record<Key, Out>;
}

function asItIs<T>(value: T): T {
  return value;
}

function readServer(text: string): Server {
  if (text === 'notebook') return 'notebook';
  if (text === 'jupyterlab' || text === 'lab') return 'jupyterlab';
  throw refusal(`There is no interface "${text}".`, 'Choose -s notebook or -s jupyterlab (or lab).');
}

/** In the original start-jupyter, -i named a container image. */
function refuseImage(time: string | undefined, info: boolean): void {
  if (time === undefined || /^[\d:.-]+[a-z]*$/i.test(time)) return;
  const image = /\.(sif|simg|img|sqsh)$/i.test(time) || /^[a-z]+:\/\//.test(time) || time.includes('/');
  if (!image && !info) return;
  throw refusal(
    `"${time}" is no time${image ? ' but looks like a container image' : ''}.`,
    '-i shows extra information about the job. Container images will come with the option --image in a later version.',
  );
}

function refusal(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', message, { hint });
}
