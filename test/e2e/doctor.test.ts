/** The doctor on a real cluster with a real proxy: all is well, then one thing after the other is broken. */
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/launch/doctor/finding.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { jupyterPath, launchAs, type LaunchAs } from './bed/launches.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf } from './bed/slurm.js';
import { standIns } from './bed/stand-ins.js';
import { user } from './bed/users.js';

/** The whole run is bounded; the rest is Node's start on a busy machine. */
const BOUND_MS = 25_000;

describeOnBed('the doctor', () => {
  let proxy: Proxy;
  const folders: string[] = [];
  const karl = () => user(theBed().users.karl);

  beforeAll(async () => {
    proxy = await startProxy();
  });

  afterEach(() => clearJobsOf(karl().name));

  afterAll(async () => {
    await proxy.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function karlsFolder(): string {
    const folder = mkdtempSync('/var/tmp/start-jupyter-doctor-');
    folders.push(folder);
    chownSync(folder, karl().uid, karl().gid);
    return folder;
  }

  /** Whatever it finds, it has taken nothing. */
  async function examined(args: readonly string[] = [], options: LaunchAs = {}) {
    const logged = proxy.log().length;
    const env = { PATH: jupyterPath('jupyter4'), ...options.env };
    const started = performance.now();
    const ended = await launchAs(proxy, ['doctor', ...args], { user: karl(), ...options, env });
    expect(performance.now() - started).toBeLessThan(BOUND_MS);
    expect(await jobsOf(karl().name)).toEqual([]);
    expect(proxy.log().slice(logged)).not.toMatch(/"event":"(reserve|link|destroy)"/);
    return ended;
  }

  async function findings(options: LaunchAs = {}) {
    const { stdout, stderr, exitCode } = await examined(['--json'], options);
    expect(stderr).toBe('');
    const said = (JSON.parse(stdout) as { findings: Finding[] }).findings;
    const of = (topic: string) => said.find((finding) => finding.topic === topic);
    return { of, exitCode, said };
  }

  test('finds all good, and leaves no file', async () => {
    const before = readdirSync(karl().home).sort();
    const { exitCode, stdout } = await examined();
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/^good {6}System {9}bed \(/m);
    expect(stdout).toMatch(/^good {6}Scheduler {6}Slurm \d[\d.]* answers; partitions compute, debug/m);
    expect(stdout).toMatch(/^good {6}Jupyter {8}Jupyter Notebook 7/m);
    expect(stdout).toMatch(/^good {6}Sessions {7}~\/\.local\/state\/start-jupyter: /m);
    expect(stdout).toMatch(/^good {6}Proxy {10}manage\.\S+ is\s+start-jupyter-proxy, and serves/m);
    expect(stdout).toMatch(/^good {6}Certificate {4}trusted, for \*\./m);
    expect(stdout).toMatch(/^good {6}Clock {10}agrees/m);
    expect(stdout).not.toMatch(/^(bad|doubtful) /m);
    expect(stdout).toMatch(/\nEverything is as it should be\.\n$/);
    expect(readdirSync(karl().home).sort()).toEqual(before);
  });

  test('asks the real programs nothing but what they tell without a job', async () => {
    const tools = standIns(karl(), jupyterPath('jupyter4'));
    for (const name of ['sbatch', 'srun', 'salloc', 'scancel']) {
      tools.add(name, `mark ${name} "$*"; PATH=$path exec ${name} "$@"`);
    }
    const { exitCode } = await findings({ env: { PATH: tools.path } });
    expect(exitCode).toBe(0);
    expect(await tools.noted('sbatch')).toBe('--version');
    expect(readdirSync(tools.folder).filter((file) => file.endsWith('.note'))).toEqual(['sbatch.note']);
  });

  test('says in time that the scheduler hangs, and looks at the rest meanwhile', async () => {
    const tools = standIns(karl(), jupyterPath('jupyter4'));
    for (const name of ['sinfo', 'squeue', 'scontrol']) tools.add(name, 'exec sleep 1000');
    const { exitCode, of } = await findings({ env: { PATH: tools.path } });
    expect(exitCode).toBe(6);
    expect(of('Scheduler')).toMatchObject({
      verdict: 'bad',
      text: expect.stringContaining('within') as string,
    });
    for (const topic of ['Jupyter', 'Sessions', 'Proxy']) expect(of(topic)?.verdict).toBe('good');
  });

  test('says that there is no Jupyter, and that the disk is full', async () => {
    const full = karlsFolder();
    const disk = join(full, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=64k,mode=0700,uid=${karl().uid}`, 'tmpfs', disk]);
    try {
      const system = standIns(karl());
      for (const name of ['sbatch', 'sinfo', 'scontrol', 'hostname']) {
        system.add(name, `PATH=$path exec ${name} "$@"`);
      }
      const { exitCode, of } = await findings({ env: { PATH: system.folder, XDG_STATE_HOME: disk } });
      expect(of('Jupyter')).toMatchObject({ verdict: 'bad', code: 'no-jupyter' });
      expect(of('Sessions')).toMatchObject({ verdict: 'bad', code: 'bad-directory' });
      expect(of('Sessions')?.cure).toContain('full');
      expect(of('Proxy')?.verdict).toBe('good');
      expect(exitCode).toBe(4);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('looks at the rest when a file of the user is broken and the proxy is not of this authority', async () => {
    const folder = karlsFolder();
    mkdirSync(join(folder, 'start-jupyter'));
    writeFileSync(join(folder, 'start-jupyter/systems.yaml'), 'systems:\n  bed:\n    acount: abc\n');
    const broken = await findings({ env: { XDG_CONFIG_HOME: folder } });
    expect(broken.exitCode).toBe(3);
    expect(broken.of('Configuration')).toMatchObject({
      verdict: 'bad',
      text: expect.stringMatching(/line 3.*acount/s) as string,
    });
    expect(broken.of('Scheduler')?.verdict).toBe('good');

    // Without the site's word on its authority.
    const ended = await launchAs({ endpoint: proxy.endpoint }, ['doctor', '--json'], {
      user: karl(),
      env: { PATH: jupyterPath('jupyter4') },
    });
    expect(ended.exitCode).toBe(5);
    const said = (JSON.parse(ended.stdout) as { findings: Finding[] }).findings;
    expect(said.find(({ topic }) => topic === 'Proxy')).toMatchObject({
      verdict: 'bad',
      code: 'proxy-untrusted',
    });
  });
});
