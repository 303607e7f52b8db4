import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf, run, type RunOptions, type RunResult } from '../../../src/platform/process.js';

const node = process.execPath;
const env = { PATH: process.env['PATH'], SystemRoot: process.env['SystemRoot'] };
const onPosix = describe.skipIf(process.platform === 'win32');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sj-process-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function script(code: string, options: Partial<RunOptions> = {}, ...args: string[]): Promise<RunResult> {
  return run(node, ['-e', code, '--', ...args], { env, timeoutMs: 20_000, ...options });
}

async function executable(name: string, text: string, mode = 0o755): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('a run', () => {
  it('gives both outputs and the exit status as they are', async () => {
    const result = await script(`console.log('out'); console.error('err'); process.exitCode = 3`);
    expect(result).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
      notFound: false,
      timedOut: false,
      aborted: false,
    });
  });

  it('hands arguments on without a shell', async () => {
    const nasty = ['a b', '$(id)', '`id`', "'", '"', 'line\nline', '', '*', ';'];
    const result = await script('console.log(JSON.stringify(process.argv.slice(1)))', {}, ...nasty);
    expect(JSON.parse(result.stdout)).toEqual(nasty);
  });

  it('adds nothing of ours to the environment', async () => {
    process.env['SJ_TEST_OURS'] = 'ours';
    try {
      const print = 'console.log(process.env.SJ_TEST_OURS, process.env.THEIRS)';
      expect((await script(print, { env: { ...env, THEIRS: 'theirs' } })).stdout).toBe('undefined theirs\n');
    } finally {
      delete process.env['SJ_TEST_OURS'];
    }
  });

  it('has the given input, else none to wait for', async () => {
    const echo = `process.stdin.pipe(process.stdout)`;
    expect((await script(echo, { input: 'one\ntwo' })).stdout).toBe('one\ntwo');
    expect((await script(echo)).stdout).toBe('');
  });

  it('runs in the given folder', async () => {
    const result = await script(`console.log(require('node:fs').existsSync('marker'))`, { cwd: folder });
    await writeFile(join(folder, 'marker'), '');
    const again = await script(`console.log(require('node:fs').existsSync('marker'))`, { cwd: folder });
    expect([result.stdout, again.stdout]).toEqual(['false\n', 'true\n']);
  });

  it('survives a program that does not read its input', async () => {
    const result = await script('process.exitCode = 0', { input: 'x'.repeat(1_000_000) });
    expect(result.exitCode).toBe(0);
  });

  it('gives a megabyte of output whole', async () => {
    const { stdout } = await script(`process.stdout.write('x'.repeat(1_000_000))`);
    expect(stdout).toHaveLength(1_000_000);
  });

  it.skipIf(process.platform === 'win32')('hears no more of a program that never stops talking', async () => {
    const result = await run('yes', [], { env, timeoutMs: 20_000 });
    expect(result).toMatchObject({ exitCode: undefined, timedOut: false });
    expect(failureOf('yes', result).length).toBeLessThan(2100);
  });
});

describe('a program that is not there', () => {
  it('is said to be not found, by name', async () => {
    const result = await run('no-such-program-sj', [], { env, timeoutMs: 5000 });
    expect(result).toMatchObject({ notFound: true, exitCode: undefined });
    expect(failureOf('no-such-program-sj', result)).toBe('no-such-program-sj was not found');
  });

  it.skipIf(process.platform === 'win32')('is the same when it may not be executed', async () => {
    const path = await executable('program', '#!/bin/sh\n', 0o644);
    expect(await run(path, [], { env, timeoutMs: 5000 })).toMatchObject({ notFound: true });
  });

  it.skipIf(process.platform === 'win32')('is the same when its interpreter is not there', async () => {
    const path = await executable('program', '#!/no/such/python\n');
    expect(await run(path, [], { env, timeoutMs: 5000 })).toMatchObject({ notFound: true });
  });
});

onPosix('a run that takes too long', () => {
  it('is ended', async () => {
    const result = await script('setInterval(() => {}, 1000)', { timeoutMs: 200 });
    expect(result).toMatchObject({ timedOut: true, aborted: false, exitCode: undefined });
    expect(failureOf('it', result)).toBe('it did not answer in time');
  });

  it('is killed when it does not end', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); console.log('here'); setInterval(() => {}, 1000)`;
    const result = await script(stubborn, { timeoutMs: 500 });
    expect(result).toMatchObject({ timedOut: true, stdout: 'here\n' });
  });

  it('is ended with its children, and theirs do not keep us waiting', async () => {
    const file = join(folder, 'pid');
    const child = await executable(
      'child',
      `#!/bin/sh\ntrap '' TERM\necho $$ >'${file}'\nsleep 60\nsleep 60\n`,
    );
    const started = Date.now();
    const result = await run('bash', ['-c', `'${child}' & wait`], { env, timeoutMs: 1000 });
    expect(result.timedOut).toBe(true);
    expect(Date.now() - started).toBeLessThan(8000);
    const pid = Number(await readFile(file, 'utf8'));
    await expect.poll(() => state(pid)).toMatch(/^Z?$/);
  });

  it('waits no longer for an output that something left behind holds open', async () => {
    const started = Date.now();
    const result = await run('bash', ['-c', 'sleep 7 & echo done'], { env, timeoutMs: 20_000 });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n', timedOut: false });
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

onPosix('a run whose signal is aborted', () => {
  it('is ended', async () => {
    const result = await script('setInterval(() => {}, 1000)', { signal: AbortSignal.timeout(200) });
    expect(result).toMatchObject({ aborted: true, timedOut: false, exitCode: undefined });
    expect(failureOf('it', result)).toBe('it was interrupted');
  });

  it('is ended at once when the signal was aborted before', async () => {
    const result = await script('setInterval(() => {}, 1000)', { signal: AbortSignal.abort() });
    expect(result.aborted).toBe(true);
  });

  it('leaves nothing at the signal afterwards', async () => {
    const controller = new AbortController();
    const first = await script('', { signal: controller.signal });
    controller.abort();
    await sleep(20);
    expect(first).toMatchObject({ exitCode: 0, aborted: false });
  });
});

describe('what went wrong, in one text', () => {
  const result = (facts: Partial<RunResult>): RunResult => ({
    ...{ stdout: '', stderr: '', exitCode: 1, notFound: false, timedOut: false, aborted: false },
    ...facts,
  });

  it.each([
    [{ stderr: 'no such account\n', stdout: 'x' }, 'no such account'],
    [{ stdout: 'only here\n' }, 'only here'],
    [{}, 'sbatch ended with status 1'],
    [{ exitCode: undefined }, 'sbatch ended with status unknown'],
  ])('is %j: %s', (facts, text) => {
    expect(failureOf('sbatch', result(facts))).toBe(text);
  });
});

/** Empty: gone. `Z` remains for a moment where nobody has taken notice of its end. */
function state(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.charAt(0);
}
