import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ownersKey, type ViewerWork } from '../../../../src/proxy/pages/viewer.js';
import { sha256Hex, viewerKey } from '../../../../src/satellite/protocol.js';

const KEY = viewerKey('the token');
const KNOWN = sha256Hex(KEY);

const asked = (url: string, cookie?: string) => ({ url, headers: { cookie } }) as unknown as IncomingMessage;
const NOTHING = asked('/');
const TOKEN = asked('/lab?token=the%20token');
const WRONG_TOKEN = asked('/lab?token=wrong');
const COOKIE = asked('/api', `a=b; __Host-sj-viewer=${KEY}`);
const WRONG_COOKIE = asked('/api', `__Host-sj-viewer=${viewerKey('wrong')}`);
const NO_COOKIE = asked('/api', '__Host-sj-viewer=x');

it('the owner is known by the link’s token and by the cookie', () => {
  expect(ownersKey(TOKEN, KNOWN)).toBe(KEY);
  expect(ownersKey(COOKIE, KNOWN)).toBe(KEY);
});

describe('a stranger is who', () => {
  it.for([
    ['brings nothing', NOTHING, KNOWN],
    ['brings a wrong token', WRONG_TOKEN, KNOWN],
    ['brings a wrong cookie', WRONG_COOKIE, KNOWN],
    ['brings a cookie that is none', NO_COOKIE, KNOWN],
    ['brings a wrong token beside the right cookie', asked('/?token=x', COOKIE.headers.cookie), KNOWN],
    ['asks for a name without a key', TOKEN, undefined],
    ['asks for a name whose key is the stand-in', NOTHING, sha256Hex('0'.repeat(64))],
    ['asks for a name whose digest is none', TOKEN, 'short'],
  ] as const)('%s', ([, request, known]) => {
    expect(ownersKey(request, known)).toBeUndefined();
  });
});

it('the same work is done for everybody: a session or none, a key or none, the right one or a wrong one', () => {
  const counts = [NOTHING, TOKEN, WRONG_TOKEN, COOKIE, WRONG_COOKIE, NO_COOKIE].flatMap((request) =>
    [KNOWN, undefined].map((known) => {
      const done: string[] = [];
      const work: ViewerWork = {
        viewerKey: (token) => (done.push('hmac'), viewerKey(token)),
        sha256Hex: (data) => (done.push(`digest of ${data.length}`), sha256Hex(data)),
        timingSafeEqual: (one, other) => (
          done.push(`comparison of ${one.length} and ${other.length}`),
          timingSafeEqual(one, other)
        ),
      };
      ownersKey(request, known, work);
      return done.join(', ');
    }),
  );
  expect(new Set(counts)).toEqual(new Set(['hmac, digest of 64, comparison of 64 and 64']));
});
