import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NEUTRAL } from '../../../../src/proxy/pages/view.js';
import { PAGE_HEADER, viewerKey, type JobReport } from '../../../../src/satellite/protocol.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
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

/** As the registry notes it. */
const reported = (job: JobReport, jobReportedAt = Date.now()) => ({ jobId: '7', job, jobReportedAt });

const withoutDate = (answer: string) => answer.replace(/^Date: .*\r\n/m, '');

describe('a stranger', () => {
  it('gets the same bytes for pending, foreign, unknown and ended names, and classic ones where they tell nothing', async () => {
    const answers = [await ask(get(HOST, '/'))];
    expect(answers[0]).toMatch(/^HTTP\/1\.1 404 /);
    stage.sessions.set(NAME, reservedSession(NAME));
    answers.push(await ask(get(HOST, '/')), await ask(get(HOST, '/lab?token=wrong')));
    answers.push(await ask(get(HOST, '/', `Cookie: __Host-sj-viewer=${viewerKey('wrong')}\r\n`)));
    stage.sessions.set(NAME, reservedSession(NAME, { ...reported({ state: 'running' }) }));
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

  it('gets an answer without an error for the page’s own looks, so that none stands in the console', async () => {
    const look = `${PAGE_HEADER}: look\r\n`;
    expect(await ask(get(HOST, '/api', look))).toMatch(/^HTTP\/1\.1 200 [^]*"phase":"neutral"/);
    expect(await ask(get(HOST, '/', look))).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('the owner', () => {
  it.for([
    ['is being submitted', {}, 503, 'handed to the cluster'],
    ['waits', reported({ state: 'waiting', reason: 'Priority' }), 503, 'Other jobs are ahead'],
    ['waits for <b>', reported({ state: 'waiting', reason: '<b>&"' }), 503, '&#60;b&#62;&#38;&#34;'],
    ['runs', reported({ state: 'running' }), 503, 'Jupyter starts on its compute node'],
  ] as const)('reads that the job %s', async ([, more, status, words]) => {
    stage.sessions.set(NAME, reservedSession(NAME, more));
    const answer = await ask(get(HOST, WITH_TOKEN));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(words);
    expect(answer).toContain('This page opens your notebook by itself.');
    expect(answer).not.toContain('token=');
    expect(answer).not.toContain('<b>');
  });

  it('cannot have the page’s data end its script', async () => {
    const reason = '</script><script>alert(1)</script>';
    stage.sessions.set(NAME, reservedSession(NAME, reported({ state: 'waiting', reason })));
    const answer = await ask(get(HOST, WITH_TOKEN));
    expect(answer.match(/<script/g)).toHaveLength(2);
    const data = /<script id="data" type="application\/json">([^]*?)<\/script>/.exec(answer)![1]!;
    expect(JSON.parse(data)).toMatchObject({
      view: { lines: [`The scheduler says: ${reason}`, expect.any(String)] },
    });
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

describe('a classic session', () => {
  const classic = (more: Partial<Session>) =>
    reservedSession(NAME, { kind: 'classic', viewerKeySha256: undefined, ...more });
  let open: Stage;
  beforeAll(async () => {
    open = await createStage({}, { classicStates: true });
  });
  afterAll(() => open.close());
  const askOpen = async (path: string) => exchange(await open.connect(HOST), get(HOST, path));

  it.for([
    ['pending', {}, 'Waiting for your job'],
    ['queued', reported({ state: 'waiting' }), 'Your job is waiting'],
    ['running', reported({ state: 'running' }), 'Your job is running'],
    [
      'running, said long ago',
      reported({ state: 'running' }, Date.now() - 11 * 60_000),
      'Waiting for your job',
    ],
    ['mapped', { phase: 'mapped' }, 'Your notebook is starting'],
    ['gone', reported({ state: 'ended' }), 'This notebook has ended'],
  ] as const)('says to anybody that it is %s', async ([, more, title]) => {
    open.sessions.set(NAME, classic(more));
    expect(await askOpen('/')).toContain(`<title>${title}</title>`);
    expect(await askOpen('/api')).toContain(`"title":"${title}"`);
  });

  it('says nothing once it has ended, and nothing of our own sessions', async () => {
    open.sessions.delete(NAME);
    const unknown = withoutDate(await askOpen('/'));
    open.sessions.set(NAME, { ...classic({}), phase: 'ended', endedAt: 1, cause: 'destroyed' });
    expect(withoutDate(await askOpen('/'))).toBe(unknown);
    open.sessions.set(NAME, reservedSession(NAME, reported({ state: 'waiting' })));
    expect(withoutDate(await askOpen('/'))).toBe(unknown);
  });
});

describe('limits', () => {
  let narrow: Stage;
  beforeAll(async () => {
    narrow = await createStage({ answerTimeout: 300 }, { limits: { maxHeaderSize: 2000 } });
  });
  afterAll(() => narrow.close());

  it('a head over the limit is refused as the proxy’s own answer, one below is not', async () => {
    const long = (size: number) => get(HOST, '/', `X-Long: ${'x'.repeat(size)}\r\n`);
    expect(await exchange(await narrow.connect(HOST), long(1000))).toMatch(/^HTTP\/1\.1 404 /);
    const refused = await exchange(await narrow.connect(HOST), long(4000));
    expect(refused).toMatch(/^HTTP\/1\.1 431 [^]*The head of a request may have 2000 bytes/);
    expect(refused).toContain(`\r\n${PAGE_HEADER}: 1\r\n`);
    expect(refused).toContain('\r\nStrict-Transport-Security: ');
  });

  it('a request that does not come to its end is answered so', async () => {
    const socket = await narrow.connect(HOST);
    const started = Date.now();
    expect(await exchange(socket, 'GET / HTTP/1.1\r\nHost: ')).toMatch(/^HTTP\/1\.1 408 /);
    expect(Date.now() - started).toBeGreaterThanOrEqual(250);
  });
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
    // An empty address is the page's own.
    expect(answer).not.toMatch(/(src|href)="(?!data:,"|")/);
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
