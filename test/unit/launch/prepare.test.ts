/** Jupyter is asked before everything else is known: what is wrong with the rest must end that question. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LaunchContext } from '../../../src/launch/context.js';
import type { LaunchOptions } from '../../../src/launch/options.js';
import { prepare } from '../../../src/launch/prepare.js';
import { condaEnvironment } from '../jupyter/conda-stand-in.js';

const VERSIONS = 'echo "notebook : 7.4.0"; echo "jupyterlab : 4.4.0"; echo "jupyter_server : 2.16.0"';

describe.skipIf(process.platform === 'win32')('prepare', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-jupyter-prepare-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('ends the question to Jupyter when something else is wrong', async () => {
    const pidFile = join(folder, 'pid');
    jupyter(`echo $$ >"${pidFile}.new"; mv "${pidFile}.new" "${pidFile}"; exec sleep 60`);
    // Reading it waits until somebody writes.
    const ca = join(folder, 'ca.pem');
    execFileSync('mkfifo', [ca]);
    const preparing = prepare(context(), options({ ca }));
    preparing.catch(() => undefined);
    await vi.waitFor(() => expect(existsSync(pidFile)).toBe(true), 10_000);
    // Not in the way of what is to open it for reading.
    await writeFile(ca, 'no certificate');
    await expect(preparing).rejects.toMatchObject({ code: 'bad-option' });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);
  });

  test('asks Jupyter once', async () => {
    jupyter(`echo asked >>"${folder}/asked"; ${VERSIONS}`);
    await prepare(context(), options({ dryRun: true }));
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
  });

  test('makes the certificate of a session, and none for a dry run', async () => {
    jupyter(VERSIONS);
    const dry = await prepare(context(), options({ dryRun: true }));
    const real = await prepare(context(), options({}));
    expect(dry.certificate).toBeUndefined();
    expect(real.certificate?.certificatePem).toContain('BEGIN CERTIFICATE');
    expect(real.jupyter?.versions.notebook).toBe('7.4.0');
  });

  test.each([
    { mode: 0o777, outcome: { code: 'unsafe-directory' } },
    // What makes the difference.
    { mode: 0o700, outcome: undefined },
  ])('enters an environment that was built before only where nobody else could put one', async (given) => {
    const file = join(folder, 'astro.yml');
    writeFileSync(file, 'dependencies:\n  - jupyterlab\n');
    const asked = options({ condaYml: file, dryRun: true });
    const { env: built } = (await prepare(context(), asked)).environment;
    const state = join(folder, '.local/state');
    const planted = condaEnvironment(join(folder, 'planted'), {
      'bin/jupyter': `#!/bin/sh\n${VERSIONS}\n`,
      'etc/conda/activate.d/x.sh': `touch '${folder}/entered'`,
    });
    mkdirSync(join(state, 'start-jupyter/conda'), { recursive: true });
    writeFileSync(`${built['CONDA_PREFIX'] ?? ''}.json`, JSON.stringify({ prefix: planted }));
    chmodSync(state, given.mode);
    const error: unknown = await prepare(context(), asked).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (given.outcome) expect(error).toMatchObject(given.outcome);
    else expect(error).toBeUndefined();
    expect(existsSync(join(folder, 'entered'))).toBe(given.outcome === undefined);
  });

  function jupyter(script: string): void {
    writeFileSync(join(folder, 'jupyter'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'jupyter'), 0o755);
  }

  function context(): LaunchContext {
    return {
      env: { HOME: folder, PATH: `${folder}:/usr/bin:/bin` },
      cwd: folder,
      platform: process.platform,
      packageFolder: fileURLToPath(new URL('../../..', import.meta.url)),
      progress: { doing: ignore, fact: ignore, say: ignore, warn: ignore },
      signal: new AbortController().signal,
      now: () => new Date(),
      random: (bytes) => Buffer.alloc(bytes, 7),
      umask: 0o022,
    };
  }
});

function ignore(): void {
  // What is said on the way is not looked at here.
}

function options(given: Partial<LaunchOptions>): LaunchOptions {
  const system = { name: 'local', from: '--system' } as const;
  const from = (key: string) => `--${key}`;
  return {
    system,
    schedulerArguments: [],
    info: false,
    dryRun: false,
    check: true,
    here: false,
    from,
    ...given,
  };
}
