/**
 * The whole way on clusters with Torque and PBS: the delivered launcher, real Jupyter, the real proxy. What stands between
 * them behaves as recorded servers did (bed/qsub_cluster.py).
 */
import { existsSync, mkdtempSync, chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { curl } from './bed/curl.js';
import { forgetSessions, jupyterPath, launchAs, sessionDirectories } from './bed/launches.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { qsubCluster, type QsubCluster } from './bed/qsub-cluster.js';
import { runAs, user } from './bed/users.js';

describeOnBed.each(['torque', 'pbs'] as const)('a notebook on a cluster with %s', (kind) => {
  let proxy: Proxy;
  let cluster: QsubCluster;
  const folder = mkdtempSync('/var/tmp/start-jupyter-site-');
  chmodSync(folder, 0o755);

  beforeAll(async () => {
    proxy = await startProxy();
    cluster = qsubCluster(kind, judy());
    writeFileSync(
      join(folder, 'systems.yaml'),
      `systems:\n  qsub:\n    scheduler: ${kind}\n    hosts: ['.*']\n    endpoint: ${proxy.endpoint}\n    ca: ${proxy.caFile}\n    partition: nosuch\n    cpus: 2\n`,
    );
    writeFileSync(join(folder, 'mine.sh'), TEMPLATE);
  });

  afterEach(() => forgetSessions(judy()));

  afterAll(async () => {
    await cluster.remove();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const judy = () => user(theBed().users.judy);
  const env = () => ({
    PATH: `${cluster.folder}:${jupyterPath('jupyter4')}`,
    START_JUPYTER_CONFIG: join(folder, 'systems.yaml'),
    // What a login inside of another job would have.
    ...{ PBS_JOBID: '7.other', PBS_O_WORKDIR: '/elsewhere', PBS_DPREFIX: '#QUE' },
  });
  const launch = (...args: string[]) => launchAs(proxy, args, { user: judy(), env: env() });

  test('is reached through the proxy, and ends when its job is deleted', async () => {
    const started = await launch('-b', join(folder, 'mine.sh'), '-p', 'debug', '-t', '20', '--json');
    expect(started, started.stderr).toMatchObject({ exitCode: 0 });
    const [job] = cluster.jobs();
    const [directory = ''] = sessionDirectories(judy());
    expect(JSON.parse(started.stdout)).toMatchObject({ jobId: job?.id, directory });
    expect(job).toMatchObject({
      queue: 'debug',
      options: { A: 'proj-of-template', N: expect.stringMatching(/^jupyter-/) as string, S: '/bin/bash' },
      resources: { walltime: '00:20:00' },
    });
    expect(job?.resources[kind === 'torque' ? 'nodes' : 'select']).toBe(
      kind === 'torque' ? '1:ppn=2' : '1:ncpus=2',
    );

    const api = `https://${started.name}.${proxy.endpoint}/api/status`;
    const answered = await until(
      () =>
        curl(proxy.caFile, api, '-H', `Authorization: token ${started.token}`).status === 200
          ? true
          : undefined,
      60_000,
      500,
    );
    expect(answered, readFileSync(join(directory, 'job.log'), 'utf8')).toBe(true);

    // While the job runs its log is there, with what the template said; the scheduler keeps the rest for its end.
    const log = readFileSync(join(directory, 'job.log'), 'utf8');
    expect(log).toMatch(/^said by the template\non stderr\nstart-jupyter: starting Jupyter/);
    expect(statSync(join(directory, 'job.log')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(directory, 'scheduler.log'))).toBe(false);

    const deleted = await runAs(judy(), ['qdel', job?.id ?? ''], { env: env() });
    expect(deleted, deleted.stderr).toMatchObject({ exitCode: 0 });
    expect(await cluster.ended(job?.id ?? '')).toMatchObject({ exit: 271 });
    expect(readFileSync(join(directory, 'outcome'), 'utf8')).toMatch(/^stopped: it was cancelled/);
    expect(statSync(join(directory, 'scheduler.log')).mode & 0o777).toBe(0o600);
    for (const secret of ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json']) {
      expect(existsSync(join(directory, secret)), secret).toBe(false);
    }

    // Nothing secret, and nothing of an outer job, went to the scheduler.
    const said = JSON.stringify([cluster.calls(), cluster.jobs()]);
    expect(said).not.toContain(started.token);
    for (const call of cluster.calls()) {
      expect(call.args).toEqual([join(directory, 'batch.sh')]);
      expect(Object.keys(call.env).filter((name) => name.startsWith('PBS'))).toEqual([]);
      expect(call.cwd).toBe(directory);
    }
  });

  test('in a queue that there is not takes nothing', async () => {
    const before = cluster.calls().length;
    const refused = await launch('-t', '20');
    expect(refused, refused.stderr).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('There is no partition "nosuch" here');
    expect(refused.stderr).toContain('There are: batch, debug');
    expect(cluster.calls()).toHaveLength(before);
    expect(sessionDirectories(judy())).toEqual([]);
  });
});

const TEMPLATE = `#!/bin/bash
#PBS -q batch
#PBS -A proj-of-template
#PBS -N mine -o /tmp/nobody-shall-write-this -j n -l walltime=01:00:00
session_dir={{session_dir}}
server=jupyterlab
echo 'said by the template'
echo 'on stderr' >&2
source "$session_dir/run.sh"
`;
