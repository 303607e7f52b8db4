/** A class preset on a real Slurm: what the site has locked holds, and who is offered it decides the Unix group. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { forgetSessions, launchAs, sessionDirectories, type Launch } from './bed/launches.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf, showJob } from './bed/slurm.js';
import { user } from './bed/users.js';

describeOnBed('a profile', () => {
  let proxy: Proxy;
  let folder: string;
  const hank = () => user(theBed().users.hank);

  beforeAll(async () => {
    proxy = await startProxy();
    folder = mkdtempSync('/var/tmp/start-jupyter-profiles-');
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'start-jupyter'));
    // What they want elsewhere, and an account, of which the profile says nothing.
    const own = ['partition: compute', 'time: 2h', 'account: mine', 'profiles: {astro: {memory: 101M}}'];
    const lines = own.map((line) => `    ${line}\n`).join('');
    writeFileSync(join(folder, 'start-jupyter/systems.yaml'), `systems:\n  bed:\n${lines}`);
    // Every line of it says something else than the profile.
    const directives = ['--partition=compute', '--time=3:00:00', '--cpus-per-task=1', '--constraint=f9'];
    const call = ['session_dir={{session_dir}}', 'server={{server}}', 'source "$session_dir/run.sh"'];
    const template = ['#!/bin/bash', ...directives.map((line) => `#SBATCH ${line}`), ...call, ''];
    writeFileSync(join(folder, 'template.sh'), template.join('\n'));
  });

  afterEach(async () => {
    await clearJobsOf(hank().name);
    forgetSessions(hank());
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await proxy.stop();
  });

  /** The site's words: a class of the Unix group that every user has of their own. */
  const site = (): string[] => [
    'profiles:',
    `  astro: {description: 'The astronomy class', partition: debug, time: 25, cpus: 2, memory: 100M,`,
    `    constraint: f1, locked: [partition, time], groups: [${hank().name}]}`,
    '  staff: {partition: debug, groups: [root]}',
    'profile: staff',
  ];

  const start = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Launch> =>
    launchAs(proxy, args, {
      user: hank(),
      site: site(),
      env: { XDG_CONFIG_HOME: folder, ...env },
    });

  test('beats all configuration and the template’s own lines, and gives way to options where it is open', async () => {
    const template = ['-b', join(folder, 'template.sh')];
    const options = ['--json', '--info', '--scheduler-arg=--hold', ...template, '--constraint', 'f2', '20'];
    const launch = await start(options, { START_JUPYTER_PROFILE: 'astro' });
    expect(launch, launch.stderr).toMatchObject({ stderr: '', exitCode: 0 });
    const job = await showJob(launch.jobId);
    const shown = ['Partition', 'TimeLimit', 'CPUs/Task', 'MinMemoryNode', 'Features', 'Account'];
    // Less than the locked time was asked for; the memory is what they changed in the site's profile.
    const values = ['debug', '00:20:00', '2', '101M', 'f2', 'mine'];
    expect(shown.map((key) => job?.get(key))).toEqual(values);
    const { info } = JSON.parse(launch.stdout) as { info: Record<string, string> };
    expect(info).toMatchObject({
      Partition: 'debug (from profile astro)',
      Account: 'mine (from your systems.yaml)',
    });
    expect(info['From the profile']).toContain('partition debug (locked)');
  });

  test('is refused to be left where it is locked, and nothing is taken', async () => {
    const logged = proxy.log().length;
    const launch = await start(['--json', '--profile', 'astro', '-p', 'compute']);
    expect(launch).toMatchObject({ stdout: '', exitCode: 2 });
    expect(JSON.parse(launch.stderr)).toMatchObject({
      error: {
        code: 'locked-option',
        message: '--partition cannot be compute: the profile astro fixes it to debug.',
      },
    });
    expect(await jobsOf(hank().name)).toEqual([]);
    expect(sessionDirectories(hank())).toEqual([]);
    expect(proxy.log().slice(logged)).not.toContain('"event":"reserve"');
  });

  test('is listed for its group alone, and is no default of others', async () => {
    const listed = await start(['profiles']);
    expect(listed).toMatchObject({ exitCode: 0 });
    expect(listed.stdout.split('\n')).toEqual([
      'astro: The astronomy class',
      '  sets:  cpus 2; memory 101M; constraint f1',
      '  fixed: partition debug; time 25 minutes or less',
      `  for:   the group ${hank().name}`,
      '',
    ]);
    const refused = await start(['--json', '--dry-run', '--profile', 'staff']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('"code":"profile-not-offered"');
    const without = await start(['--dry-run', '--no-check', '-i']);
    expect(without).toMatchObject({ exitCode: 0 });
    expect(without.stderr).toMatch(/^Partition: compute \(from your systems\.yaml\)$/m);
    expect(without.stderr).not.toMatch(/profile/i);
  });
});
