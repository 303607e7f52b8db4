import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerOf } from '../../../../src/proxy/feeder/scheduler-program.js';
import { fakePrograms, type FakePrograms } from '../../scheduler/fake-programs.js';

const HANGS = `trap '' TERM; echo $$ >"$PATH/pid"; /bin/sleep 30`;

describe('what a program answers', () => {
  let programs: FakePrograms;
  beforeEach(async () => {
    programs = await fakePrograms();
  });
  afterEach(() => programs.remove());

  const pidFile = () => join(programs.env['PATH'] ?? '', 'pid');
  const ask = (limitMs: number, signal = new AbortController().signal) =>
    answerOf('tool', ['a b', '$(c)'], { env: programs.env, limitMs, signal });
  const failure = (message: RegExp) => ({
    code: 'scheduler-unreachable',
    message: expect.stringMatching(message) as string,
  });

  /** Whether the program that hangs is still there, a moment later. */
  async function isGone(): Promise<boolean> {
    const pid = Number(readFileSync(pidFile(), 'utf8'));
    for (let tries = 0; tries < 200; tries++) {
      try {
        process.kill(pid, 0);
      } catch {
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    process.kill(pid, 'SIGKILL');
    return false;
  }

  it('is both its outputs; its arguments are as they were given, and nobody types', async () => {
    await programs.add('tool', 'read -r line; printf %s "$1$2$line"; echo notice >&2');
    expect(await ask(20_000)).toEqual({ stdout: 'a b$(c)', stderr: 'notice\n' });
  });

  it('has a limit, also when it ignores TERM, and nothing of it is left', async () => {
    await programs.add('tool', HANGS);
    await expect(ask(1500)).rejects.toMatchObject(failure(/^tool did not answer within 1\.5 s\.$/));
    expect(await isGone()).toBe(true);
  });

  it('is read to its limit and no longer when something that it left behind holds its output', async () => {
    await programs.add('tool', '/bin/sleep 30 & echo all');
    const started = performance.now();
    expect(await ask(1500)).toEqual({ stdout: 'all\n', stderr: '' });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('ends with the signal, also when it ignores TERM', async () => {
    await programs.add('tool', HANGS);
    const stop = new AbortController();
    const answer = ask(60_000, stop.signal);
    answer.catch(() => undefined);
    while (!existsSync(pidFile())) await new Promise((resolve) => setTimeout(resolve, 10));
    const started = performance.now();
    stop.abort();
    await expect(answer).rejects.toMatchObject(failure(/^tool was interrupted\.$/));
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await isGone()).toBe(true);
  });

  it('is none when it is far too long', async () => {
    await programs.add('tool', '/usr/bin/head -c 70000000 /dev/zero');
    await expect(ask(60_000)).rejects.toMatchObject(failure(/^tool said far too much\.$/));
  });
});
