/** Which scheduler a launch takes the programs for, where Torque's, PBS's and a wrapper's bear the same names. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchContext } from '../../../src/launch/context.js';
import type { LaunchOptions } from '../../../src/launch/options.js';
import { prepare } from '../../../src/launch/prepare.js';

const PBS = 'echo "pbs_version = 23.06.06"';
const WRAPPER = 'echo "Unknown option: version" >&2; echo "    [-p priority] [-P wckey]" >&2; exit 2';

describe.skipIf(process.platform === 'win32')('a system with a qsub', () => {
  let folder: string;
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    folder = mkdtempSync(join(tmpdir(), 'start-jupyter-qsub-'));
    program('jupyter', 'echo "notebook : 7.4.0"; echo "jupyterlab : 4.4.0"; echo "jupyter_server : 2.16.0"');
    program('qstat', 'printf "Queue: batch\\n    enabled = True\\n    started = True\\n\\n"');
    const system = (name: string) =>
      `  ${name}:\n    scheduler: ${name}\n    endpoint: jupyter.example.org\n`;
    writeFileSync(join(folder, 'systems.yaml'), `systems:\n${system('torque')}${system('pbs')}`);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('of the scheduler that it is said to have', async () => {
    program('qsub', PBS);
    const prepared = await prepare(context(), options('pbs'));
    expect(prepared.scheduler.kind).toBe('pbs');
    expect(warnings).toEqual([]);
  });

  test('of another one is warned of, and what the file says is done', async () => {
    program('qsub', PBS);
    const prepared = await prepare(context(), options('torque'));
    expect(prepared.scheduler.kind).toBe('torque');
    expect(warnings).toEqual([
      'The qsub here belongs to PBS, but systems.yaml says "scheduler: torque" of this system, and that is what counts. If it is wrong, put "scheduler: pbs" there.',
    ]);
  });

  test.each(['torque', 'pbs'])('that stands in front of Slurm is refused, where %s is said', async (name) => {
    program('qsub', WRAPPER);
    await expect(prepare(context(), options(name))).rejects.toMatchObject({
      code: 'bad-configuration',
      hint: expect.stringContaining('"scheduler: slurm"') as string,
    });
  });

  test('of a host that nobody knows is named in the entry for it', async () => {
    program('qsub', PBS);
    await expect(prepare(context(), options(undefined))).rejects.toMatchObject({
      code: 'unknown-system',
      hint: expect.stringContaining('    scheduler: pbs\n') as string,
    });
  });

  test('that does not say whose it is leaves the choice', async () => {
    program('qsub', 'exit 1');
    program('qstat', 'exit 1');
    await expect(prepare(context(), options(undefined))).rejects.toMatchObject({
      hint: expect.stringContaining('    scheduler: torque # or pbs\n') as string,
    });
  });

  function program(name: string, body: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  function context(): LaunchContext {
    const ignore = () => undefined;
    return {
      // Nothing else is on PATH: no sbatch that this machine may have.
      env: { HOME: folder, PATH: folder, START_JUPYTER_CONFIG: join(folder, 'systems.yaml') },
      cwd: folder,
      platform: process.platform,
      packageFolder: fileURLToPath(new URL('../../..', import.meta.url)),
      progress: { doing: ignore, fact: ignore, say: ignore, warn: (text) => warnings.push(text) },
      signal: new AbortController().signal,
      now: () => new Date(),
      random: (bytes) => Buffer.alloc(bytes, 7),
      umask: 0o022,
    };
  }

  function options(name: string | undefined): LaunchOptions {
    return {
      ...(name === undefined ? {} : { system: { name, from: '--system' } }),
      schedulerArguments: [],
      info: false,
      dryRun: true,
      check: true,
      here: false,
      from: (key) => `--${key}`,
    };
  }
});
