import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/cli/launch-options.js';
import type { LaunchFlags } from '../../../src/cli/options.js';
import type { ErrorCode } from '../../../src/errors.js';

function read(flags: Partial<LaunchFlags> = {}, time?: string, variables: string[] = []) {
  return readOptions(time, { schedulerArg: [], modulepath: [], bind: [], check: true, ...flags }, (flag) =>
    variables.includes(flag),
  );
}

function refused(code: ErrorCode, message: string | RegExp, ...args: Parameters<typeof read>) {
  expect(() => read(...args)).toThrow(
    expect.objectContaining({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/\S/) as string,
    }),
  );
}

const plain = { schedulerArguments: [], info: false, dryRun: false, check: true, here: false };
const anyFunction = expect.any(Function) as unknown;

describe('options as they were typed', () => {
  it('are few when nothing was typed', () => {
    expect(read()).toEqual({ ...plain, from: anyFunction });
    expect(read().from('partition')).toBe('--partition');
  });

  it('are read, checked and named', () => {
    const options = read({
      ...{ partition: 'debug', account: 'abc123', time: '2h30m', nodes: '2', cpus: '8', gpus: '1' },
      ...{ memory: '4gb', gres: 'gpu:v100:2', qos: 'high', constraint: 'a&b', reservation: 'r' },
      ...{ dir: `it's "here"\n$(id)`, batchScript: './my script.sh', endpoint: 'Proxy.example.org:8443' },
      ...{ ca: '~/ca.pem', system: 'expanse', schedulerArg: ['--exclusive', 'two words'] },
      ...{ info: true, dryRun: true, check: false },
    });
    expect(options).toEqual({
      ...{ partition: 'debug', account: 'abc123', minutes: 150, nodes: 2, cpus: 8, gpus: 1 },
      ...{ memory: '4G', gres: 'gpu:v100:2', qos: 'high', constraint: 'a&b', reservation: 'r' },
      ...{ directory: `it's "here"\n$(id)`, batchScript: './my script.sh' },
      endpoint: { domain: 'proxy.example.org', port: 8443 },
      ...{ ca: '~/ca.pem', system: { name: 'expanse', from: '--system' } },
      schedulerArguments: ['--exclusive', 'two words'],
      from: anyFunction,
      ...{ info: true, dryRun: true, check: false, here: false },
    });
  });

  it.each([
    ['notebook', 'notebook'],
    ['jupyterlab', 'jupyterlab'],
    ['lab', 'jupyterlab'],
  ])('-s %s is %s', (typed, server) => {
    expect(read({ server: typed }).server).toBe(server);
  });

  it('-s takes nothing else', () => {
    refused('bad-option', /^There is no interface "Lab\\n2"\.$/, { server: 'Lab\n2' });
  });
});

describe('a value that is wrong', () => {
  it.each<keyof LaunchFlags>([
    ...(['partition', 'account', 'time', 'nodes', 'cpus', 'gpus', 'memory', 'gres', 'qos'] as const),
    ...(['constraint', 'reservation', 'dir', 'batchScript', 'server', 'endpoint', 'ca', 'system'] as const),
  ])('is empty: %s', (flag) => {
    const option = flag === 'batchScript' ? 'batch-script' : flag;
    refused('bad-option', new RegExp(`^--${option} is empty\\.$`), { [flag]: '' });
  });

  it.each([
    [{ partition: 'a b' }, /^--partition cannot be "a b"/],
    [{ account: '--wrap=id' }, /^--account cannot be "--wrap=id"/],
    [{ qos: 'a\nb' }, /^--qos cannot be "a\\nb"/],
    [{ memory: 'much' }, /^--memory cannot be "much"/],
    [{ nodes: '0' }, /^--nodes cannot be "0"/],
    [{ cpus: '1.5' }, /^--cpus cannot be "1.5"/],
    [{ gpus: '-1' }, /^--gpus cannot be "-1"/],
    [{ endpoint: 'https://x' }, /^"https:\/\/x" is no endpoint/],
    [{ schedulerArg: ['--x', ''] }, /^--scheduler-arg is empty/],
    [{ bind: [''] }, /^--bind is empty/],
    [{ modulepath: ['/a', ''] }, /^--modulepath is empty/],
  ])('is %j', (flags, message) => {
    refused('bad-option', message, flags);
  });

  it('is named by the variable that it came from', () => {
    refused('bad-option', /^START_JUPYTER_GPUS cannot be "many"/, { gpus: 'many' }, undefined, ['gpus']);
    refused('bad-option', /^START_JUPYTER_PARTITION cannot be "a b"/, { partition: 'a b' }, undefined, [
      'partition',
    ]);
  });
});

describe('the time', () => {
  it('is the option or the argument', () => {
    expect(read({ time: '45' }).minutes).toBe(45);
    expect(read({}, '45').minutes).toBe(45);
  });

  it('is not given twice', () => {
    refused('bad-option', /^The time is given twice: "30" and --time "45"\.$/, { time: '45' }, '30');
  });

  it.each(['2:30', 'soon', '0', '', '10:00:00 --wrap=id'])('cannot be %j', (time) => {
    refused('bad-time', /^".*" /, {}, time);
  });
});

describe('-i with a name', () => {
  it.each(['image.sif', './image', '/images/lab.img', 'docker://jupyter/base-notebook', 'lab.sqsh'])(
    '%s is an image, of which it speaks',
    (name) => {
      for (const info of [true, false]) {
        refused('bad-option', /^".*" is no time but looks like a container image\.$/, { info }, name);
      }
    },
  );

  it('may be a slip in a time', () => {
    refused('bad-option', /^"half" is no time\.$/, { info: true }, 'half');
    expect(read({ info: true }, '30').minutes).toBe(30);
    expect(read({ info: true }, '1-12:00:00').minutes).toBe(2160);
  });
});

describe('what does not go together', () => {
  it('is quiet and JSON', () => {
    refused('bad-option', /^--quiet and --json do not/, { quiet: true, json: true });
    refused(
      'bad-option',
      /^START_JUPYTER_QUIET and START_JUPYTER_JSON do/,
      { quiet: true, json: true },
      undefined,
      ['quiet', 'json'],
    );
  });

  it('is one kind of GPU and the other', () => {
    refused('bad-option', /^--nv and START_JUPYTER_ROCM do not/, { nv: true, rocm: true }, undefined, [
      'rocm',
    ]);
  });

  it('is not a server and a batch script, which may leave it open', () => {
    expect(read({ server: 'lab', batchScript: 'x.sh' })).toMatchObject({
      server: 'jupyterlab',
      batchScript: 'x.sh',
    });
  });
});

it('says of a value whether an option or a variable gave it', () => {
  const options = read({ partition: 'p', account: 'a', system: 's' }, undefined, ['account', 'system']);
  expect(options.from('partition')).toBe('--partition');
  expect(options.from('account')).toBe('START_JUPYTER_ACCOUNT');
  expect(options.system).toEqual({ name: 's', from: 'START_JUPYTER_SYSTEM' });
});
