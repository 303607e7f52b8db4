/** The soak's verdicts: each can be both. */
import { describe, expect, it } from 'vitest';
import { comparePhase, compareVisit, type KnownSession } from '../../soak/oracle.js';
import { seeded } from '../../soak/seeded.js';
import { slope } from '../../soak/statistics.js';

const ENDS_AT = '2026-11-23T02:00:00.000Z';
const session = (known: Partial<KnownSession> = {}): KnownSession => ({
  ...{ name: 'three-word-name', secret: 's', from: '127.0.0.9' },
  ...known,
});
const mapping = (certainty: 'promised' | 'open') => ({ value: { port: 4711, endsAt: ENDS_AT }, certainty });
const seen = (phase: 'reserved' | 'ready' | 'ended', more: object = {}) => ({
  ...{ name: 'three-word-name', phase, expiresAt: ENDS_AT },
  ...more,
});

describe('what a session is compared with', () => {
  it.each<[string, KnownSession, ReturnType<typeof seen>]>([
    ['an end that was acknowledged and is undone', session({ end: 'promised' }), seen('reserved')],
    ['an end that nobody asked for', session(), seen('ended')],
    ['a mapping that is lost', session({ mapping: mapping('promised') }), seen('reserved')],
    ['a mapping that nobody asked for', session(), seen('ready')],
    [
      'another end of time',
      session({ mapping: mapping('open') }),
      seen('ready', { expiresAt: '2027-01-01' }),
    ],
    ['a job that is lost', session({ job: { value: '7', certainty: 'promised' } }), seen('reserved')],
    ['another job', session({ job: { value: '7', certainty: 'open' } }), seen('reserved', { jobId: '8' })],
  ])('breaks a promise: %s', (_, known, said) => {
    expect(comparePhase(known, said)).toHaveLength(1);
  });

  it('may be both when a call was not answered, and is certain afterwards', () => {
    const ended = session({ end: 'open', mapping: mapping('promised') });
    expect(comparePhase(ended, seen('ended'))).toEqual([]);
    expect(ended.end).toBe('promised');
    const alive = session({ end: 'open', mapping: mapping('open'), job: { value: '7', certainty: 'open' } });
    expect(comparePhase(alive, seen('ready', { jobId: '7' }))).toEqual([]);
    expect(alive).toMatchObject({
      ...{ end: undefined, mapping: { certainty: 'promised' }, job: { certainty: 'promised' } },
    });
    const reserved = session({ mapping: mapping('open') });
    expect(comparePhase(reserved, seen('reserved'))).toEqual([]);
    expect(reserved.mapping).toBeUndefined();
  });

  it('is served where it was redeemed, and not after its end', () => {
    const ready = session({ mapping: mapping('promised') });
    const page = { status: 404, body: '', byProxy: true };
    const backend = (body: string) => ({ status: 200, body, byProxy: false });
    expect(compareVisit(ready, backend('127.0.0.9:4711'))).toEqual([]);
    expect(compareVisit(ready, backend('127.0.0.8:4711'))).toHaveLength(1);
    expect(compareVisit(ready, page)).toHaveLength(1);
    expect(compareVisit(ready, undefined)).toHaveLength(1);
    expect(compareVisit(session({ end: 'promised' }), backend('127.0.0.9:4711'))).toHaveLength(1);
    expect(compareVisit(session({ end: 'promised' }), page)).toEqual([]);
  });
});

describe('a slope', () => {
  const noisy = (perUnit: number) => {
    const random = seeded(1);
    return Array.from(
      { length: 20 },
      (_, n) => [n * 2000, 8e6 + perUnit * n * 2000 + 2e5 * random.next()] as const,
    );
  };

  it('that is none is at most a little', () => {
    expect(slope(noisy(0)).atMost).toBeLessThan(16);
  });

  it('of an object a connection is found below noise', () => {
    const found = slope(noisy(64));
    expect(found.perUnit).toBeCloseTo(64, -1);
    expect(found.atMost).toBeGreaterThan(16);
  });

  it('is not guessed from a few points', () => {
    expect(() => slope(noisy(0).slice(1))).toThrow('20 points');
  });
});
