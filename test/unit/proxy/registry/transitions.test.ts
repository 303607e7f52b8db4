import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIFETIMES as LIFETIMES, GRACE, LONGEST } from '../../../../src/proxy/registry/lifetimes.js';
import { Refusal } from '../../../../src/proxy/registry/refusal.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
import * as transitions from '../../../../src/proxy/registry/transitions.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const BACKEND = { address: '10.1.2.3', port: 4444 };

function session(kind: Session['kind'] = 'v1'): Session {
  return transitions.reserve(
    { name: 'big-red-fox', kind, secretSha256: 's', viewerKeySha256: 'v', certificateSha256: 'c' },
    NOW,
  );
}

function applied(next: Session | Refusal): Session {
  if (next instanceof Refusal) throw next;
  return next;
}

const ready = (from = session()): Session =>
  applied(transitions.redeem(from, { phase: 'ready', backend: BACKEND }, NOW));

describe('expiry', () => {
  it.each([
    ['a reservation after a day', session(), LIFETIMES.reserved, 'expired'],
    ['a classic reservation after 49 hours', session('classic'), 49 * 3_600_000, 'expired'],
    ['a linked one after 30 days', applied(transitions.link(session(), '1')), LIFETIMES.linked, 'expired'],
    ['a ready one after 49 hours', ready(), LIFETIMES.ready + GRACE, 'time-is-up'],
  ] as const)('ends %s', (_what, before, lifetime, cause) => {
    expect(transitions.expiry(before, NOW + lifetime - 1)).toBeUndefined();
    expect(transitions.expiry(before, NOW + lifetime)).toBe(cause);
  });

  it("follows the job's own end, believing a year at most", () => {
    const until = (endsAt: number): Session =>
      applied(transitions.redeem(session(), { phase: 'ready', backend: BACKEND, endsAt }, NOW));
    expect(until(NOW + 60_000)).toMatchObject({ endsAt: NOW + 60_000 });
    expect(until(Number.MAX_SAFE_INTEGER)).toMatchObject({ endsAt: NOW + LONGEST });
  });
});

describe('link', () => {
  it('takes the same job again and refuses another', () => {
    const linked = applied(transitions.link(session(), '17'));
    expect(transitions.link(linked, '17')).toBe(linked);
    expect(transitions.link(linked, '18')).toMatchObject({ code: 'already-linked' });
  });

  it('works for a session that is served already, and not for one that has ended', () => {
    expect(transitions.link(ready(), '17')).toMatchObject({ phase: 'ready', jobId: '17' });
    expect(transitions.link(transitions.end(session(), 'expired', NOW), '17')).toMatchObject({
      code: 'conflict',
    });
  });
});

describe('redeem', () => {
  it('keeps what the session is and drops what only a reservation has', () => {
    expect(ready()).toEqual({
      name: 'big-red-fox',
      kind: 'v1',
      revision: 1,
      createdAt: NOW,
      secretSha256: 's',
      viewerKeySha256: 'v',
      certificateSha256: 'c',
      phase: 'ready',
      backend: BACKEND,
      redeemedAt: NOW,
      endsAt: NOW + LIFETIMES.ready,
    });
  });

  it('changes nothing when it comes again, and refuses another port or address', () => {
    const before = ready();
    const again = (backend: typeof BACKEND): Session | Refusal =>
      transitions.redeem(before, { phase: 'ready', backend }, NOW + 5);
    expect(again({ ...BACKEND })).toBe(before);
    expect(again({ ...BACKEND, port: 4445 })).toMatchObject({ code: 'conflict' });
    expect(again({ ...BACKEND, address: '10.1.2.4' })).toMatchObject({ code: 'conflict' });
  });

  it('takes ten failures and not an eleventh try', () => {
    let tried = session();
    for (let count = 0; count < 10; count++) {
      expect(transitions.refuseRedeem(tried, BACKEND)).toBeUndefined();
      tried = transitions.countFailedRedeem(tried);
    }
    expect(transitions.refuseRedeem(tried, BACKEND)).toMatchObject({ code: 'too-many-tries' });
  });

  it('works once for a classic session, even for the same backend', () => {
    const mapped = applied(transitions.redeemOnce(session('classic'), BACKEND, NOW));
    expect(mapped).toMatchObject({ phase: 'mapped' });
    expect(transitions.redeemOnce(mapped, BACKEND, NOW)).toMatchObject({ code: 'conflict' });
  });
});

describe('reports', () => {
  it("move a running job's end, and end nothing by themselves", () => {
    const endsAt = '2026-03-01T15:00:00Z';
    const longer = transitions.report(ready(), { state: 'running', endsAt }, NOW);
    expect(longer).toMatchObject({ endsAt: Date.parse(endsAt), jobReportedAt: NOW });
    expect(transitions.report(ready(), { state: 'ended' }, NOW).phase).toBe('ready');
  });

  it('end v1 sessions whose job has ended, never classic ones, never for an unknown state', () => {
    expect(transitions.endedByReport(ready(), { state: 'ended' })).toBe(true);
    expect(transitions.endedByReport(ready(session('classic')), { state: 'ended' })).toBe(false);
    expect(transitions.endedByReport(ready(), { state: 'unknown' })).toBe(false);
  });
});

describe('isReplacedBy', () => {
  const verified = { ...ready(), name: 'new-red-fox', certificateSha256: 'other' } as Session;

  it('takes another certificate at the same address and port for a proof', () => {
    expect(transitions.isReplacedBy(ready(), verified)).toBe(true);
    expect(transitions.isReplacedBy(ready(session('classic')), verified)).toBe(true);
  });

  it('takes nothing else for one', () => {
    expect(transitions.isReplacedBy(session(), verified)).toBe(false);
    expect(transitions.isReplacedBy(verified, verified)).toBe(false);
    expect(transitions.isReplacedBy(ready(), { ...verified, certificateSha256: undefined })).toBe(false);
    const elsewhere = { ...verified, backend: { ...BACKEND, port: 1 } } as Session;
    expect(transitions.isReplacedBy(ready(), elsewhere)).toBe(false);
  });
});

describe('any sequence of events', () => {
  const backend = fc.record({
    address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    port: fc.integer({ min: 1024, max: 1026 }),
  });
  const state = fc.constantFrom('waiting' as const, 'running' as const, 'ended' as const, 'unknown' as const);
  const event = fc.oneof(
    fc.integer({ min: 1, max: 3 }).map((job) => (at: Session) => transitions.link(at, String(job))),
    fc
      .tuple(
        backend,
        fc.constantFrom('mapped' as const, 'ready' as const),
        fc.option(fc.integer(), { nil: undefined }),
      )
      .map(
        ([to, phase, endsAt]) =>
          (at: Session, now: number) =>
            transitions.redeem(at, { phase, backend: to, endsAt }, now),
      ),
    backend.map((to) => (at: Session, now: number) => transitions.redeemOnce(at, to, now)),
    state.map((job) => (at: Session, now: number) => transitions.report(at, { state: job }, now)),
    fc.constant(transitions.countFailedRedeem),
    fc.constant(transitions.tethered),
    fc.constant(transitions.restarted),
    fc.constant((at: Session, now: number) => {
      const cause = transitions.expiry(at, now);
      return cause ? transitions.end(at, cause, now) : at;
    }),
    fc.constant((at: Session, now: number) => transitions.end(at, 'destroyed', now)),
  );
  const steps = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 86_400_000 })), { maxLength: 30 });

  it('keeps what must stay: identity, job, backend, end', () => {
    fc.assert(
      fc.property(fc.constantFrom('v1' as const, 'classic' as const), steps, (kind, all) => {
        let now = NOW;
        let at = session(kind);
        for (const [happens, later] of all) {
          now += later;
          const next = happens(at, now);
          if (next instanceof Refusal) continue;
          const { name, createdAt, secretSha256, viewerKeySha256 } = at;
          expect(next).toMatchObject({ name, kind, createdAt, secretSha256, viewerKeySha256 });
          if (at.jobId !== undefined) expect(next.jobId).toBe(at.jobId);
          if (at.phase === 'ended') expect(next).toBe(at);
          if (at.phase !== 'reserved') expect(next.phase).not.toBe('reserved');
          if (transitions.isRedeemed(at) && transitions.isRedeemed(next)) {
            expect(next.backend).toEqual(at.backend);
            expect(next.certificateSha256).toBe(at.certificateSha256);
          }
          at = next;
        }
      }),
    );
  });
});
