/** `npm start` where there is no Jupyter: a virtual environment inside the clone, here inside a copy of what it needs. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { run } from './bed/processes.js';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ASK =
  "import { provideJupyter } from './scripts/jupyter.mjs'; console.log(JSON.stringify(provideJupyter()))";
/** An installation takes as long as the network does. */
const LIMIT_MS = 170_000;

describeOnBed('the Jupyter of npm start', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync('/var/tmp/start-jupyter-provision-');
    cpSync(join(ROOT, 'scripts'), join(folder, 'clone/scripts'), { recursive: true });
    mkdirSync(join(folder, 'bin'));
    for (const name of readdirSync('/usr/bin').filter((program) => !program.startsWith('jupyter'))) {
      symlinkSync(join('/usr/bin', name), join(folder, 'bin', name));
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** With the test run's own environment: where pip finds its packages is a matter of this machine. */
  const provide = (PATH: string) =>
    run([theBed().node, '--input-type=module', '-e', ASK], {
      cwd: join(folder, 'clone'),
      env: { ...process.env, PATH },
      limitMs: LIMIT_MS,
    });

  test('is the one on PATH, and nothing is installed', async () => {
    const { stdout, stderr } = await provide('/usr/bin');
    expect(JSON.parse(stdout), stderr).toEqual({ program: '/usr/bin/jupyter', how: 'on your PATH' });
    expect(existsSync(join(folder, 'clone/.jupyter-venv'))).toBe(false);
  });

  test('is installed into the clone when PATH has none, once', async () => {
    const installed = await provide(join(folder, 'bin'));
    const program = join(folder, 'clone/.jupyter-venv/bin/jupyter');
    expect(JSON.parse(installed.stdout), installed.stderr).toMatchObject({ program });
    expect(installed.stderr).toContain('Installing JupyterLab and Notebook into .jupyter-venv');
    const { stdout } = await run([program, '--version'], { env: { PATH: '/usr/bin:/bin' } });
    expect(stdout).toMatch(/^jupyterlab *: 4\./m);
    expect(stdout).toMatch(/^notebook *: 7\./m);

    const again = await provide(join(folder, 'bin'));
    expect(again).toMatchObject({ stdout: installed.stdout, stderr: '' });
  });
});
