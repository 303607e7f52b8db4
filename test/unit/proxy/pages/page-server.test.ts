import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NEUTRAL } from '../../../../src/proxy/pages/view.js';
import { PAGE_HEADER, viewerKey } from '../../../../src/satellite/protocol.js';
import {
  createBackend,
  createStage,
  DOMAIN,
  exchange,
  get,
  readySession,
  reservedSession,
  TOKEN,
  type Stage,
} from '../data/stage.js';

const NAME = 'one-two-three';
const HOST = `${NAME}.${DOMAIN}`;
const WITH_TOKEN = `/lab?token=${encodeURIComponent(TOKEN)}`;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterEach(() => stage.sessions.clear());
afterAll(() => stage.close());

async function ask(text: string, host = HOST): Promise<string> {
  return exchange(await stage.connect(host), text);
}

const withoutDate = (answer: string) => answer.replace(/^Date: .*\r\n/m, '');

describe('a stranger', () => {
  it('gets the same bytes for pending, foreign, unknown, ended and classic names', async () => {
    const answers = [await ask(get(HOST, '/'))];
    expect(answers[0]).toMatch(/^HTTP\/1\.1 404 /);
    stage.sessions.set(NAME, reservedSession(NAME));
    answers.push(await ask(get(HOST, '/')), await ask(get(HOST, '/lab?token=wrong')));
    answers.push(await ask(get(HOST, '/', `Cookie: __Host-sj-viewer=${viewerKey('wrong')}\r\n`)));
    stage.sessions.set(NAME, reservedSession(NAME, { job: { state: 'running' }, jobId: '1' }));
    answers.push(await ask(get(HOST, '/')));
    stage.sessions.set(NAME, reservedSession(NAME, { kind: 'classic', viewerKeySha256: undefined }));
    answers.push(await ask(get(HOST, WITH_TOKEN)));
    stage.end(NAME);
    answers.push(await ask(get(HOST, '/')));
    answers.push(await ask(get('nobody.example.org', '/'), 'nobody.example.org'));
    expect(new Set(answers.map(withoutDate)).size).toBe(1);
  });

  it('gets the same for the page’s own looks', async () => {
    const unknown = await ask(get(HOST, '/api'));
    stage.sessions.set(NAME, reservedSession(NAME));
    expect(withoutDate(await ask(get(HOST, '/api')))).toBe(withoutDate(unknown));
    expect(unknown).toContain('"phase":"neutral"');
  });
});

describe('the owner', () => {
  it.for([
    ['is being submitted', {}, 503, 'handed to the cluster'],
    ['waits', { jobId: '7', job: { state: 'waiting', reason: 'Priority' } }, 503, 'Other jobs are ahead'],
    [
      'waits for <b>',
      { jobId: '7', job: { state: 'waiting', reason: '<b>&"' } },
      503,
      '&#60;b&#62;&#38;&#34;',
    ],
    ['runs', { jobId: '7', job: { state: 'running' } }, 503, 'Jupyter starts on its compute node'],
  ] as const)('reads that the job %s', async ([, more, status, words]) => {
    stage.sessions.set(NAME, reservedSession(NAME, more));
    const answer = await ask(get(HOST, WITH_TOKEN));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(words);
    expect(answer).toContain('This page opens your notebook by itself.');
    expect(answer).not.toContain('token=');
  });

  it('is known again by the cookie, which is as strict as a cookie can be', async () => {
    stage.sessions.set(NAME, reservedSession(NAME));
    const first = await ask(get(HOST, WITH_TOKEN));
    const cookie = `__Host-sj-viewer=${viewerKey(TOKEN)}`;
    expect(first).toContain(`\r\nSet-Cookie: ${cookie}; Secure; HttpOnly; SameSite=Strict; Path=/\r\n`);
    const look = await ask(get(HOST, '/api', `Cookie: other=1; ${cookie}\r\n`));
    expect(look).toContain('"phase":"waiting"');
    expect(await ask(get(HOST, '/'))).toContain(NEUTRAL.title);
  });

  it('reads why it ended', async () => {
    stage.end(NAME);
    const answer = await ask(get(HOST, WITH_TOKEN));
    expect(answer).toMatch(/^HTTP\/1\.1 410 /);
    expect(answer).toContain('The job is over');
  });
});

it('a notebook that does not answer gets a page that tries again', async () => {
  const backend = await createBackend(true);
  await backend.close();
  stage.sessions.set(NAME, readySession(NAME, backend));
  expect(await ask(get(HOST, '/api'))).toMatch(/^HTTP\/1\.1 502 [^]*"phase":"unreachable"/);
});

describe('every answer', () => {
  it('is the proxy’s own, closes the connection, and lets nothing else in', async () => {
    for (const path of ['/', '/api', WITH_TOKEN]) {
      const answer = await ask(get(HOST, path));
      for (const header of [
        `${PAGE_HEADER}: 1`,
        'Connection: close',
        'Cache-Control: no-store',
        'Referrer-Policy: no-referrer',
        'X-Content-Type-Options: nosniff',
        'Strict-Transport-Security: max-age=31536000',
      ]) {
        expect(answer).toContain(`\r\n${header}\r\n`);
      }
      expect(answer).toContain("Content-Security-Policy: default-src 'none'; script-src 'sha256-");
    }
  });

  it('allows the script and the style that are in the page, and no other', async () => {
    const answer = await ask(get(HOST, '/'));
    for (const tag of ['script', 'style']) {
      const inside = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(answer)![1]!;
      expect(answer).toContain(`${tag}-src 'sha256-${createHash('sha256').update(inside).digest('base64')}'`);
    }
    expect(answer).not.toMatch(/(src|href)="(?!data:,")/);
  });

  it('to HEAD has no body', async () => {
    expect(await ask(get(HOST).replace('GET', 'HEAD'))).toMatch(/^HTTP\/1\.1 404 [^]*\r\n\r\n$/);
  });

  it.for([
    ['another host', get(`four-five-six.${DOMAIN}`), 421],
    ['the management host', get(`manage.${DOMAIN}`), 421],
    ['two hosts', get(HOST, '/', `Host: ${HOST}\r\n`), 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['an absolute form', get(HOST, `https://${HOST}/`), 400],
    ['POST', `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\nhi`, 405],
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['a websocket', get(HOST, '/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), 503],
  ] as const)('refuses %s', async ([, text, status]) => {
    expect(await ask(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.for([`${HOST}:8443`, HOST.toUpperCase(), `${HOST}.`])(
    'takes %s for the connection’s own host',
    async (host) => {
      expect(await ask(get(host))).toMatch(/^HTTP\/1\.1 404 /);
    },
  );
});
