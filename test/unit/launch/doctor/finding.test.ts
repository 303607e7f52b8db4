import { describe, expect, it } from 'vitest';
import { StartJupyterError } from '../../../../src/errors.js';
import { bad, doubtful, exitStatus, failed, good } from '../../../../src/launch/doctor/finding.js';
import { limited } from '../../../../src/launch/doctor/limited.js';
import { clockFinding } from '../../../../src/launch/doctor/proxy.js';

const { signal } = new AbortController();

describe('the exit status', () => {
  it('is that of the first thing that is bad, where a launch would stop', () => {
    const scheduler = bad('Scheduler', 'scheduler-unreachable', 'a', 'b');
    const proxy = bad('Proxy', 'proxy-unreachable', 'a', 'b');
    expect(exitStatus([good('Node', 'x'), scheduler, proxy])).toBe(6);
    expect(exitStatus([good('Node', 'x'), proxy, scheduler])).toBe(5);
  });

  it('is 0 while nothing is bad', () => {
    expect(exitStatus([good('Node', 'x'), doubtful('Clock', 'a', 'b')])).toBe(0);
  });
});

describe('what is thrown while one looks', () => {
  it('is what a launch would say', () => {
    const error = new StartJupyterError('no-modules', 'No.', { detail: ' said\n', hint: 'Do.' });
    expect(failed('Modules', error)).toEqual({
      ...{ topic: 'Modules', verdict: 'bad', code: 'no-modules' },
      ...{ text: 'No.\nsaid', cure: 'Do.' },
    });
  });

  it('is no end of the others when it should not happen', () => {
    expect(failed('Modules', new TypeError('x is not a function'))).toMatchObject({
      code: 'unexpected',
      text: 'Something happened that should not: x is not a function',
    });
  });
});

describe('a look', () => {
  it('that takes too long is left, and told so', async () => {
    let told: AbortSignal | undefined;
    const found = await limited('Disk', 20, signal, (limit) => {
      told = limit;
      return new Promise(() => undefined);
    });
    expect(found).toEqual([expect.objectContaining({ topic: 'Disk', verdict: 'doubtful' })]);
    expect(told?.aborted).toBe(true);
  });

  it('is told when all of them shall end', async () => {
    const stop = new AbortController();
    const found = limited('Disk', 60_000, stop.signal, (limit) => {
      stop.abort();
      return Promise.resolve([good('Disk', String(limit.aborted))]);
    });
    expect(await found).toEqual([good('Disk', 'true')]);
  });
});

describe('the clock', () => {
  const at = (text: string) => new Date(`2026-11-23T${text}Z`);
  const found = (proxy: string) => clockFinding(at(proxy), at('12:00:00'), at('12:00:03'));

  it.each(['12:00:00', '12:00:03', '12:00:59', '11:59:01'])('agrees with a proxy of %s', (proxy) => {
    expect(found(proxy).verdict).toBe('good');
  });

  it.each([
    ['12:03:10', '3 minutes behind'],
    ['11:45:00', '15 minutes ahead of'],
    ['18:00:00', '6 hours behind'],
  ])('does not agree with one of %s', (proxy, words) => {
    expect(found(proxy)).toMatchObject({
      verdict: 'doubtful',
      text: `This machine is ${words} the proxy.`,
    });
  });
});
