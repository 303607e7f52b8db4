/** The suite for real schedulers (test/live) runs against the bed's real Slurm, so that it is ready for the others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { describeOnBed } from './bed/bed.js';
import { run } from './bed/processes.js';

const root = join(import.meta.dirname, '../..');

describeOnBed('the live suite of the scheduler adapters', () => {
  const home = mkdtempSync('/var/tmp/start-jupyter-live-home-');

  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  test('passes on real Slurm', async () => {
    const { slurmConf } = inject('bed')!;
    const vitest = [
      process.execPath,
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      'live',
    ];
    const { PATH, LANG } = process.env;
    const env = { PATH, LANG, HOME: home, SLURM_CONF: slurmConf, START_JUPYTER_LIVE: 'slurm' };
    const ended = await run([...vitest, '--reporter=json'], { env, cwd: root, limitMs: 150_000 });
    const report = JSON.parse(/^\{.*\}$/m.exec(ended.stdout)?.[0] ?? '{}') as Record<string, number>;
    expect(report, ended.stdout + ended.stderr).toMatchObject({ numFailedTests: 0, success: true });
    expect(report['numPassedTests']).toBeGreaterThan(8);
  });
});
