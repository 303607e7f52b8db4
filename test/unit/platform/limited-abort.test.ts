import { describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitedAbort } from '../../../src/platform/limited-abort.js';

describe('limitedAbort', () => {
  it('ends after its time', async () => {
    using limited = limitedAbort(new AbortController().signal, 5);
    expect(limited.signal.aborted).toBe(false);
    await expect.poll(() => limited.signal.aborted).toBe(true);
  });

  it('ends with the other signal, also with one that has ended', () => {
    const other = new AbortController();
    using limited = limitedAbort(other.signal, Infinity);
    other.abort();
    expect(limited.signal.aborted).toBe(true);
    using late = limitedAbort(other.signal, Infinity);
    expect(late.signal.aborted).toBe(true);
  });

  it('waits for longer than a timer of Node can', async () => {
    using limited = limitedAbort(new AbortController().signal, 2 ** 40);
    await sleep(20);
    expect(limited.signal.aborted).toBe(false);
  });

  it('follows nothing any more once it is disposed of', async () => {
    const other = new AbortController();
    const limited = limitedAbort(other.signal, 5);
    limited[Symbol.dispose]();
    other.abort();
    await sleep(20);
    expect(limited.signal.aborted).toBe(false);
  });
});
