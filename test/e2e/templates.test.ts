/** A template of one's own, from its copy to the job, by what the real Slurm says of that. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { forgetSessions, launchAs, sessionOfJob } from './bed/launches.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, showJob, slurm } from './bed/slurm.js';
import { user } from './bed/users.js';

const VALUE = "two  words, $(id) `id` 'q'";

describeOnBed('a template of one’s own', () => {
  let proxy: Proxy;
  const helen = () => user(theBed().users.helen);
  const start = (...args: string[]) => launchAs(proxy, args, { user: helen() });

  beforeAll(async () => {
    proxy = await startProxy();
  });

  afterAll(async () => {
    await clearJobsOf(helen().name);
    forgetSessions(helen());
    rmSync(join(helen().home, '.config/start-jupyter'), { recursive: true, force: true });
    await proxy.stop();
  });

  test('is copied, changed, checked and started by its name', async () => {
    const file = join(helen().home, '.config/start-jupyter/templates/slurm/astro.sh');
    const copied = await start('templates', 'copy', 'notebook', 'astro');
    expect(copied).toMatchObject({ exitCode: 0, stdout: `Copied to ${file}\n` });
    // A person's copy is theirs to change.
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace(/^##SBATCH .*$/m, '#SBATCH --cpus-per-task=3 --comment="the class"\n#SBATCH --time=17')
        .replace(/^(?=start_session)/m, `export ASTRO=${quoted(VALUE)}\n`),
    );
    const checked = await start('templates', 'check', 'astro');
    expect(checked).toMatchObject({ exitCode: 0, stdout: `${file} is right. It starts Jupyter Notebook.\n` });

    const launch = await start('--json', '-b', 'astro');
    expect(launch).toMatchObject({ exitCode: 0, stderr: '' });
    const job = await showJob(launch.jobId);
    expect(['CPUs/Task', 'Comment', 'TimeLimit'].map((key) => job?.get(key))).toEqual([
      '3',
      'the class',
      '00:17:00',
    ]);
    const kept = await slurm('scontrol', 'write', 'batch_script', launch.jobId, '-');
    expect(kept.stdout).toMatch(/\nsession_dir='.*'\nserver='notebook'\nsource "\$session_dir\/run\.sh"\n/);

    const directory = sessionOfJob(helen(), launch.jobId);
    const ready = join(directory, 'ready.json');
    await until(async () => Promise.resolve(existsSync(ready) || undefined), 60_000, 200);
    expect(existsSync(ready), readFileSync(join(directory, 'job.log'), 'utf8')).toBe(true);
    const { pid } = JSON.parse(readFileSync(ready, 'utf8')) as { pid: number };
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain(`ASTRO=${VALUE}`);
  });
});

/** As a person writes it who knows bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
