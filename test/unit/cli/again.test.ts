/** `start-jupyter again`: what is launched then, as a dry run shows it. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../../src/session/record.js';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;
let cwd: string;

beforeEach(async () => {
  cluster = await fakeCluster();
  cwd = join(cluster.home, 'course work');
  mkdirSync(join(cwd, 'data'), { recursive: true });
  writeFileSync(
    join(cluster.home, 'site.yaml'),
    'systems:\n  hpc: {scheduler: slurm, hosts: [".*"], endpoint: proxy.example.org}\n',
  );
});

afterEach(() => cluster.remove());

const earlier = (flags: Record<string, unknown>, facts: Partial<SessionRecord> = {}, time?: string) =>
  cluster.add({
    jobId: '11',
    state: 'CANCELLED',
    record: { asked: { ...(time === undefined ? {} : { time }), flags, cwd }, ...facts },
  });

async function again(args: string[], env: Record<string, string> = {}) {
  const variables = { ...cluster.env, START_JUPYTER_CONFIG: join(cluster.home, 'site.yaml'), ...env };
  const host = fakeHost({ env: variables, cwd: cluster.home });
  const outcome = await outcomeOf(['again', ...args, '--dry-run', '--no-check'], host);
  const line = /^again: start-jupyter (.*?) ?--dry-run --no-check$/m.exec(outcome.stderr)?.[1];
  const directives = outcome.stdout.match(/^#SBATCH --(?!job-name|output|open-mode|chdir|signal).*$/gm) ?? [];
  return { ...outcome, line, directives: directives.map((one) => one.replace('#SBATCH ', '')) };
}

describe.skipIf(process.platform === 'win32')('start-jupyter again', () => {
  it('asks for what was asked for, and says it as a command line', async () => {
    await earlier({ partition: 'debug', schedulerArg: ['--comment=two  words'], memory: '4G' }, {}, '45');
    const { status, line, directives } = await again([]);
    expect(status).toBe(0);
    expect(line).toBe("-p debug -t 45 -m 4G --scheduler-arg '--comment=two  words'");
    expect(directives).toEqual(expect.arrayContaining(['--partition=debug', '--time=00:45:00', '--mem=4G']));
  });

  it('takes the newest, or the one that is named, and asks the scheduler nothing for it', async () => {
    await earlier({ partition: 'one' });
    await cluster.add({ jobId: '12', record: { asked: { flags: { partition: 'two' }, cwd } } });
    expect((await again([])).line).toBe('-p two');
    expect((await again(['11'])).line).toBe('-p one');
    expect(await cluster.calls('squeue')).toEqual([]);
  });

  it('ranks what is typed above, and what contradicts it falls away', async () => {
    await earlier({ partition: 'debug', image: '/a.sif', bind: ['/x'], nv: true }, {}, '45');
    const { line, stderr } = await again(['-t', '2h', '--conda-env', 'astro']);
    expect(line).toBe('-p debug -t 2h --conda-env astro');
    expect(stderr).not.toContain('together');
    expect((await again(['-t', '2h', '--scheduler-arg', '--hold', '--rocm'])).line).toBe(
      '-p debug -t 2h --scheduler-arg --hold -I /a.sif --bind /x --rocm',
    );
  });

  it('ranks variables of now below, and they bring nothing that contradicts', async () => {
    await earlier({ partition: 'debug' });
    const { line, directives } = await again([], {
      START_JUPYTER_PARTITION: 'other',
      START_JUPYTER_ACCOUNT: 'abc',
    });
    expect(line).toBe('-p debug');
    expect(directives).toEqual(expect.arrayContaining(['--partition=debug', '--account=abc']));
    await earlier({ condaEnv: 'astro' });
    const { stderr } = await again([], { START_JUPYTER_IMAGE: '/a.sif' });
    expect(stderr).not.toContain('together');
  });

  it('lets what contradicts in part give way: to what is typed now, and what variables gave to what was typed', async () => {
    writeFileSync(join(cwd, 'old.sh'), '#!/bin/bash\nstart_session notebook\n');
    await earlier({ batchScript: 'old.sh', sshWay: 'socket' });
    const typed = await again(['-s', 'lab', '--connect', 'proxy']);
    expect(typed.status).toBe(0);
    expect(typed.stdout).toContain('jupyterlab');
    await cluster.add({
      jobId: '12',
      record: {
        asked: {
          flags: { batchScript: 'old.sh', server: 'lab', bind: ['/x'], sshWay: 'socket' },
          fromVariables: ['server', 'bind', 'sshWay'],
          cwd,
        },
      },
    });
    expect(await again([])).toMatchObject({ status: 0 });
  });

  it('counts relative paths from where they were typed', async () => {
    await earlier({ dir: 'data', modulepath: ['mods', '/m'], modules: 'gcc', batchScript: 'slurm/notebook' });
    const { line } = await again([]);
    expect(line).toBe(`-d '${cwd}/data' -b slurm/notebook -e gcc --modulepath '${cwd}/mods' --modulepath /m`);
    mkdirSync(join(cluster.home, 'mine'));
    expect((await again(['-d', 'mine'])).line).toMatch(/^-d mine /);
  });

  it.each([
    [
      { image: 'a.sif', bind: ['b:/inside:ro', '/c'] },
      (at: string) => `-I '${at}/a.sif' --bind '${at}/b:/inside:ro' --bind /c`,
    ],
    [{ image: 'docker://a/b' }, () => '-I docker://a/b'],
    [{ condaEnv: 'base' }, () => '--conda-env base'],
    [{ condaEnv: './env' }, (at: string) => `--conda-env '${at}/env'`],
    [{ condaYml: 'env.yml' }, (at: string) => `--conda-yml '${at}/env.yml'`],
    [{ batchScript: './mine.sh' }, (at: string) => `-b '${at}/mine.sh'`],
    [{ batchScript: 'there.sh' }, (at: string) => `-b '${at}/there.sh'`],
    [{ batchScript: 'astro' }, () => '-b astro'],
  ])('knows which of them are paths: %j', async (flags, expected) => {
    writeFileSync(join(cwd, 'there.sh'), '#!/bin/bash\nstart_session notebook\n');
    await earlier(flags);
    expect((await again([])).line).toBe(expected(cwd));
  });

  it('says so when the folder is gone that a path counts from, and minds it else not', async () => {
    await earlier({ dir: 'data', partition: 'debug' });
    rmSync(cwd, { recursive: true });
    const { status, stderr } = await again([]);
    expect(status).toBe(4);
    expect(stderr).toContain(`The folder in which it was launched cannot be found any more: "${cwd}".`);
    expect(stderr).toContain('start-jupyter again --dir');
    expect((await again(['-d', cluster.home])).status).toBe(0);
  });

  it('leaves out what this version does not know, and what is of the moment', async () => {
    await earlier({
      partition: 'debug',
      teleport: true,
      gpus: 2,
      quiet: true,
      json: true,
      open: true,
      wait: false,
    });
    const { line, stderr, status } = await again([]);
    expect(status).toBe(0);
    expect(line).toBe('-p debug');
    expect(stderr).toContain('Left out, because this start-jupyter does not know it: teleport, gpus.');
  });

  it('says what is known where nobody wrote down what was asked for', async () => {
    await cluster.add({ jobId: '11', record: { rootDir: '/home/ann/a b', server: 'jupyterlab' } });
    const { status, stderr } = await again([]);
    expect(status).toBe(4);
    expect(stderr).toContain('Nobody wrote down with which options 11 was launched');
    expect(stderr).toContain("start-jupyter --system hpc -s jupyterlab -d '/home/ann/a b' -t 30");
  });

  it('believes no record that somebody else could have written', async () => {
    const directory = await earlier({ partition: 'debug' });
    chmodSync(directory, 0o777);
    const { status, stderr } = await again([]);
    expect(status).toBe(4);
    expect(stderr).toContain('can be changed by everybody');
    expect(stderr).not.toContain('again: ');
  });

  it('prints one object where that is asked for now, and refuses without a session', async () => {
    await earlier({ partition: 'debug' });
    const { stdout, stderr } = await again(['--json']);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, dryRun: true });
    expect(stderr).toBe('');
    rmSync(cluster.sessions, { recursive: true });
    expect(await again([])).toMatchObject({ status: 2 });
  });
});
