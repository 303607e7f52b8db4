import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJobStates } from '../../../../src/proxy/control/classic-job-states.js';
import { firstValue } from '../../../../src/proxy/control/classic-parameters.js';
import {
  parseEnding,
  parseFeed,
  parseLink,
  parseRedeem,
  parseReserve,
} from '../../../../src/proxy/control/requests.js';
import { GRACE } from '../../../../src/proxy/registry/lifetimes.js';
import { Refusal } from '../../../../src/proxy/registry/refusal.js';
import { JOB_ID_PATTERN } from '../../../../src/satellite/protocol.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

/** What comes of any JSON object: a value, or a refusal; never anything else. */
function outcome<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

describe('any JSON', () => {
  const body = fc.oneof(
    fc.dictionary(
      fc.constantFrom('port', 'endsAt', 'near', 'jobId', 'jobs', 'viewerKeySha256', '__proto__'),
      fc.jsonValue(),
    ),
    fc.record({ jobs: fc.dictionary(fc.string(), fc.jsonValue()) }),
  );

  it('is understood or refused by every call', () => {
    fc.assert(
      fc.property(body, (value) => {
        const redeem = outcome(() => parseRedeem(value, NOW));
        if (redeem) expect(redeem.port).toBeGreaterThanOrEqual(1024);
        const link = outcome(() => parseLink(value));
        if (link) expect(link.jobId).toMatch(JOB_ID_PATTERN);
        outcome(() => parseReserve(value));
        const ending = outcome(() => parseEnding(value, NOW));
        if (ending) expect(ending.at).toBeGreaterThan(NOW - GRACE);
        const jobs = outcome(() => parseFeed(value));
        for (const id of jobs?.keys() ?? []) expect(id).toMatch(JOB_ID_PATTERN);
      }),
    );
  });

  it('lets unknown fields pass and keeps a reason short', () => {
    const report = { state: 'waiting', reason: 'x'.repeat(1_000), later: 1 };
    expect(parseFeed({ jobs: { '17': report }, more: true }).get('17')).toEqual({
      state: 'waiting',
      reason: 'x'.repeat(200),
    });
  });

  it.each([
    '2026-03-01T13:00:00+01:00:00',
    '2026-13-01T13:00:00Z',
    'Sun, 1 Mar 2026 13:00:00 GMT',
    '',
    7,
    null,
  ])('is no date when it is %j', (endsAt) => {
    expect(() => parseRedeem({ port: 4444, endsAt }, NOW)).toThrow('ISO 8601');
  });
});

describe('classic forms', () => {
  it('give the first of a name, whatever is before and behind it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (first, second) => {
        const form = `a=1&token=${encodeURIComponent(first)}&token=${encodeURIComponent(second)}`;
        expect(firstValue(form, 'token')).toBe(first);
      }),
    );
    expect(firstValue('token=a-b-c;port=5000', 'port')).toBe('5000');
    expect(firstValue('token', 'token')).toBe('');
    expect(firstValue('', 'token')).toBeUndefined();
  });

  it('make job ids of the grammar of job ids from any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const [id, { state }] of parseJobStates(text)) {
          expect(id).toMatch(/^[-A-Za-z0-9._]+$/);
          expect(['waiting', 'running', 'ended', 'unknown']).toContain(state);
        }
      }),
    );
    expect([...parseJobStates('  17   PD \n18 R\n19\nCG\n')]).toEqual([
      ['17', { state: 'waiting' }],
      ['18', { state: 'running' }],
    ]);
  });
});
