import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StartJupyterError } from '../../../src/errors.js';
import { detectSystem, type Surroundings } from '../../../src/site/detect.js';
import { loadSystems } from '../../../src/site/load.js';
import type { System } from '../../../src/site/system.js';

const shippedFile = resolve(import.meta.dirname, '../../../systems.yaml');
let shipped: System[];
let folder: string;
let userFiles = 0;

beforeAll(async () => {
  shipped = await loadSystems({ shippedFile, files: [], minutes: Number });
  folder = mkdtempSync(join(tmpdir(), 'sj-detect-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function withUserFile(text: string): Promise<System[]> {
  const file = join(folder, `${String(userFiles++)}.yaml`);
  writeFileSync(file, text);
  return loadSystems({ shippedFile, files: [{ layer: 'user', file, required: true }], minutes: Number });
}

const at = (shortName: string, more: Partial<Surroundings> = {}) =>
  detectSystem({ shortName, fullName: shortName, schedulersOnPath: [], systems: shipped, ...more });

const SBATCH = { schedulersOnPath: ['/usr/bin/sbatch'] };

describe('detectSystem', () => {
  it.each([
    ['login01', 'expanse'],
    ['login01.expanse.sdsc.edu', 'expanse'],
    ['LOGIN01', 'expanse'],
    ['comet-ln2', 'comet'],
    ['tscc-login11', 'tscc'],
    ['tscc-stratus', 'stratus'],
  ])('knows %s as %s', async (host, name) => {
    const { system, why } = await at(host, SBATCH);
    expect(system.name).toBe(name);
    expect(why).toContain(`the host name ${host} matches `);
  });

  it.each([
    'xlogin01',
    'login01x',
    'login',
    'login01.expanse.sdsc.edu.evil.org',
    'login01.expanseXsdsc.edu',
    'tscc-stratus2',
  ])('does not know %s', async (host) => {
    await expect(at(host, SBATCH)).rejects.toMatchObject({ code: 'unknown-system' });
  });

  it('tries the full name too, with or without its last dot', async () => {
    const found = await at('node', { fullName: 'login07.expanse.sdsc.edu.' });
    expect(found.system.name).toBe('expanse');
  });

  it('asks for the cluster’s name only when no host name matches', async () => {
    let asked = 0;
    const clusterName = () => {
      asked += 1;
      return Promise.resolve('expanse');
    };
    expect((await at('login01', { ...SBATCH, clusterName })).why).toContain('host name');
    expect(asked).toBe(0);
    const found = await at('exp-1-02', { ...SBATCH, clusterName });
    expect(found).toMatchObject({ system: { name: 'expanse' }, why: 'the scheduler calls itself expanse' });
  });

  it('is overruled by a name', async () => {
    const given = { override: 'comet', overrideFrom: '--system' };
    expect(await at('login01', given)).toMatchObject({ system: { name: 'comet' }, why: 'given by --system' });
    await expect(
      at('login01', { override: 'expnse', overrideFrom: 'START_JUPYTER_SYSTEM' }),
    ).rejects.toMatchObject({
      code: 'unknown-system',
      message: 'There is no system "expnse" (from START_JUPYTER_SYSTEM)',
      hint: 'Did you mean expanse? Known are: comet, expanse, local, stratus, tscc.',
    });
  });

  it('takes the user’s system before ours', async () => {
    const systems = await withUserFile('systems: {mine: {hosts: "login.*", scheduler: slurm}}');
    expect((await at('login01', { systems })).system.name).toBe('mine');
  });

  it('falls back to this machine only where there is no scheduler', async () => {
    const found = await at('laptop', { clusterName: () => Promise.resolve(undefined) });
    expect(found).toMatchObject({
      system: { name: 'local' },
      why: 'laptop is no known system and has neither sbatch nor qsub',
    });
    expect((await at('login01')).system.name).toBe('expanse');
    await expect(at('laptop', SBATCH)).rejects.toMatchObject({ code: 'unknown-system' });
    await expect(at('laptop', { schedulersOnPath: ['/usr/bin/qsub'] })).rejects.toMatchObject({
      exitCode: 3,
    });
  });
});

describe('an unknown host', () => {
  async function refused(more: Partial<Surroundings> & { shortName: string }): Promise<StartJupyterError> {
    const error: unknown = await at(more.shortName, { ...SBATCH, ...more }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(StartJupyterError);
    return error as StartJupyterError;
  }

  it('is told what was looked at and what is known', async () => {
    const error = await refused({
      shortName: 'head1',
      fullName: 'head1.big.edu',
      clusterName: () => Promise.resolve('bigone'),
    });
    expect(error.message).toBe(
      'This is no system that is known. Looked at: the host name head1 and head1.big.edu; the cluster name bigone',
    );
    expect(error.hint).toContain('Known are: comet (retired), expanse, local, stratus, tscc');
    const unnamed = await refused({ shortName: 'head1' });
    expect(unnamed.message).toContain('the host name head1; no cluster name was to be had');
  });

  it.each([
    [{ shortName: 'head1', fullName: 'head1.big-7.edu' }, 'big-7', 'slurm'],
    [{ shortName: 'head-01' }, 'head', 'slurm'],
    [{ shortName: '007' }, 'mycluster', 'slurm'],
    [{ shortName: "we'ird $(host)" }, 'weirdhost', 'slurm'],
    [{ shortName: 'h1', clusterName: () => Promise.resolve('The Big_One') }, 'TheBigOne', 'slurm'],
    [{ shortName: 'h1', schedulersOnPath: ['/opt/bin/qsub'] }, 'h', 'torque'],
    [
      { shortName: 'h1', schedulersOnPath: ['/opt/bin/qsub'], qsubKind: () => Promise.resolve('pbs') },
      'h',
      'pbs',
    ],
    [{ shortName: 'h1', qsubKind: () => Promise.resolve('torque') }, 'h', 'slurm'],
  ] as [Partial<Surroundings> & { shortName: string }, string, string][])(
    'can paste the entry that makes it known: %j',
    async (more, name, scheduler) => {
      const { hint = '' } = await refused(more);
      const systems = await withUserFile(hint.slice(hint.indexOf('systems:\n')));
      const found = await at(more.shortName, { ...SBATCH, ...more, systems });
      expect(found.system).toMatchObject({ name, values: { scheduler, endpoint: 'jupyter.example.org' } });
      const short = more.shortName.replace('1', '23');
      expect((await at(short, { ...SBATCH, systems })).system.name).toBe(name);
    },
  );
});
