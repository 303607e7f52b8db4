import { describe, expect, it } from 'vitest';
import type { Console } from '../../../src/cli/console.js';
import { createTeller } from '../../../src/cli/tell-sight.js';
import type { Sight } from '../../../src/launched/sight.js';

const START = new Date('2026-11-23T10:00:00');
const later = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);

/** What is said when a session is seen like that, a second apart. */
function said(
  sights: Sight[],
  {
    live = false,
    until = 'ready',
    from = 0,
  }: { live?: boolean; until?: 'ready' | 'ended'; from?: number } = {},
) {
  const lines: string[] = [];
  const doing: string[] = [];
  const console: Console = {
    live,
    doing: (text) => doing.push(text),
    fact: () => undefined,
    say: (text) => lines.push(text),
    warn: (text) => lines.push(`! ${text}`),
    info: () => undefined,
    result: () => Promise.resolve(),
    rest: () => undefined,
  };
  let second = from;
  const tell = createTeller({ console, until, since: START, now: () => later(second) });
  for (const sight of sights) {
    tell(sight);
    second += 1;
  }
  return { lines, doing };
}

const QUEUED: Sight = { phase: 'queued', reason: 'Priority' };
const STARTING: Sight = { phase: 'starting', node: 'c1' };
const READY: Sight = { phase: 'ready', node: 'c1', endsAt: later(3600) };

describe('elsewhere than on a terminal', () => {
  it('there is a line for each change', () => {
    const { lines, doing } = said([QUEUED, QUEUED, STARTING, STARTING, READY]);
    expect(lines).toEqual([
      'The job waits in the queue. Other jobs are ahead of it. Its turn comes by itself.',
      'The job has started on c1. Jupyter is starting there.',
      'Your notebook is ready. It runs on c1 until 11:00.',
    ]);
    expect(doing).toEqual([]);
  });

  it('a reason that comes and goes is said once', () => {
    const next: Sight = { phase: 'queued', reason: 'Resources' };
    expect(said([QUEUED, next, QUEUED, next, QUEUED]).lines).toHaveLength(2);
  });

  it('what cannot be told is said once, and what was there before is said again after it', () => {
    const unknown: Sight = { phase: 'unknown', why: 'squeue did not answer in time.' };
    expect(said([STARTING, unknown, unknown, STARTING, unknown]).lines).toEqual([
      'The job has started on c1. Jupyter is starting there.',
      'How the session is cannot be told just now (squeue did not answer in time). Trying again; its job is left alone.',
      'It can be told again how the session is.',
      'The job has started on c1. Jupyter is starting there.',
      'How the session is cannot be told just now (squeue did not answer in time). Trying again; its job is left alone.',
    ]);
  });
});

describe('on a terminal', () => {
  it('one line is written anew, with the time that it waits', () => {
    const { lines, doing } = said([{ ...QUEUED, estimatedStart: later(600) }, QUEUED, STARTING, STARTING], {
      live: true,
      from: 59,
    });
    expect(lines).toEqual([]);
    expect(doing).toEqual([
      'In the queue for 59 seconds. Other jobs are ahead of it. Its turn comes by itself. The scheduler’s estimate for its start: 10:10.',
      'In the queue for 60 seconds. Other jobs are ahead of it. Its turn comes by itself.',
      'The job has started on c1. Jupyter is starting there, 0 seconds so far.',
      'The job has started on c1. Jupyter is starting there, 1 second so far.',
    ]);
  });

  it('what is over stays: that it is ready, and why it could not be told', () => {
    const unknown: Sight = { phase: 'unknown', why: 'no answer' };
    const { lines } = said([QUEUED, unknown, QUEUED, READY], { live: true });
    expect(lines).toEqual([
      'How the session is cannot be told just now (no answer). Trying again; its job is left alone.',
      'It can be told again how the session is.',
      'Your notebook is ready. It runs on c1 until 11:00.',
    ]);
  });
});

describe('the end in sight', () => {
  it('is said once, with the time', () => {
    const warned: Sight = { ...READY, warned: true };
    const { lines, doing } = said([READY, warned, warned], { live: true, until: 'ended', from: 3300 });
    expect(lines).toEqual([
      'Your notebook is ready. It runs on c1 until 11:00.',
      '! The session ends at 11:00, in about 5 minutes: save your work.',
    ]);
    expect(doing).toEqual([
      'The notebook runs on c1, for 5 minutes more.',
      'The notebook runs on c1, for 4 minutes more.',
      'The notebook runs on c1, for 4 minutes more.',
    ]);
  });

  it('is said again when it has got more time and that is over as well', () => {
    const warned = (seconds: number): Sight => ({
      phase: 'ready',
      node: 'c1',
      endsAt: later(seconds),
      warned: true,
    });
    const ready = 'Your notebook is ready. It runs on c1 until 11:00.';
    expect(said([warned(3600), warned(3605), warned(7200)]).lines).toEqual([
      ready,
      expect.stringContaining('11:00'),
      expect.stringContaining('12:00'),
    ]);
  });

  it('a doubt of the proxy’s is a warning, once', () => {
    const doubted: Sight = { phase: 'ready', node: 'c1', doubt: 'the proxy has ended it' };
    expect(said([doubted, doubted]).lines).toEqual([
      'Its job says that the notebook is ready. It runs on c1.',
      '! The proxy has ended it.',
    ]);
  });
});
