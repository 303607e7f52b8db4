/** What the doctor says of a system to which ssh leads. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LaunchContext } from '../../../../src/launch/context.js';
import type { Surroundings } from '../../../../src/launch/doctor/examine.js';
import { lookAtProxyOf } from '../../../../src/launch/doctor/proxy.js';
import type { LaunchOptions } from '../../../../src/launch/options.js';
import { fakePrograms, type FakePrograms } from '../../scheduler/fake-programs.js';

let programs: FakePrograms;

beforeEach(async () => {
  programs = await fakePrograms();
});

afterEach(() => programs.remove());

const findings = (values: object, env: object = {}) =>
  lookAtProxyOf({
    context: { env: { ...programs.env, ...env }, signal: new AbortController().signal } as LaunchContext,
    options: { from: (key) => `--${key}` } as LaunchOptions,
    system: { name: 'hpc', values: { connect: 'ssh', ...values }, origins: {} } as Surroundings['system'] &
      object,
  });

describe.skipIf(process.platform === 'win32')('the doctor, where ssh leads to the notebooks', () => {
  it('looks at no proxy, and whether the login host is known', async () => {
    expect(await findings({ ssh_host: 'localhost.localdomain:2222' })).toEqual([
      { topic: 'Proxy', verdict: 'good', text: 'none is needed: ssh leads to the notebooks' },
      expect.objectContaining({ topic: 'Login host' }),
    ]);
  });

  it('doubts a name that nobody here knows', async () => {
    const [, host] = await findings({ ssh_host: 'login.nowhere.invalid' });
    expect(host).toMatchObject({ verdict: 'doubtful', cure: expect.stringContaining('ssh_host') as string });
    expect(host?.text).toContain('login.nowhere.invalid');
  });

  it('doubts a name without a domain', async () => {
    await programs.add('getent', 'exit 2');
    const inside = { SLURM_JOB_ID: '77', SLURM_SUBMIT_HOST: 'login3' };
    const [, host] = await findings({}, inside);
    expect(host).toMatchObject({ verdict: 'doubtful', cure: expect.stringContaining('ssh_host') as string });
    expect(host?.text).toContain('login3 is a name without a domain');
  });
});
