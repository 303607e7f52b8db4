import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ErrorCode, StartJupyterError } from '../../../src/errors.js';
import { createSatelliteClient, type Endpoint, type Reservation } from '../../../src/satellite/client.js';
import { closedPort, tlsServer } from '../platform/tls-server.js';

const NAME = 'amber-brook-cedar';
const SECRET = 'a-secret-of-the-right-length-1234567890';
const REQUEST = { viewerKeySha256: 'a'.repeat(64), certificateSha256: 'b'.repeat(64) };

interface Answer {
  status?: number;
  body?: string | object;
  /** With our header, unless it is false. */
  ours?: boolean;
  after?: Promise<unknown>;
}

interface Call {
  line: string;
  body: string;
  authorization: string | undefined;
}

/** A service that answers each call by its request line, `POST /api/v1/sessions`; others get a classic 404. */
async function service(answers: Record<string, Answer>, protocol: Endpoint['protocol'] = 'auto') {
  const calls: Call[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    let body = '';
    for await (const chunk of request) body += String(chunk);
    calls.push({ line, body, authorization: request.headers.authorization });
    const { status = 200, body: said = '', ours = true, after } = answers[line] ?? NOT_HERE;
    await after;
    if (ours) response.setHeader('Start-Jupyter-Api', '1');
    response.writeHead(status).end(typeof said === 'string' ? said : JSON.stringify(said));
  };
  const server = await tlsServer((request, response) => void answer(request, response));
  const endpoint = { domain: 'test.localhost', port: server.port, protocol, ca: server.ca };
  const url = `https://${NAME}.test.localhost:${server.port}/`;
  const lines = () => calls.map((call) => call.line);
  return { client: createSatelliteClient(endpoint), calls, lines, url, port: server.port };
}

const NOT_HERE: Answer = { status: 404, body: 'Not Found', ours: false };
const RESERVE = 'POST /api/v1/sessions';
const classicName = { body: `Your token is \n${NAME}\n`, ours: false };
const reserved = (facts: object = {}): Answer => {
  const url = `https://${NAME}.test.localhost/`;
  return { status: 201, body: { name: NAME, url, redeemSecret: SECRET, expiresAt: 'x', ...facts } };
};

async function failure(done: Promise<unknown>, code: ErrorCode): Promise<StartJupyterError> {
  const error = (await done.then(
    () => expect.fail('it succeeded'),
    (caught: unknown) => caught,
  )) as StartJupyterError;
  expect(error).toMatchObject({ name: 'StartJupyterError', code });
  expect(error.message).toMatch(/[^.][.!]$/);
  expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain(SECRET);
  return error;
}

describe('a reservation at our own proxy', () => {
  it('has name, URL and secret', async () => {
    const { client, calls, url, port } = await service({
      [RESERVE]: reserved({ url: `https://${NAME}.test.localhost` }),
    });
    expect(await client.reserve(REQUEST)).toEqual({
      protocol: 'v1',
      name: NAME,
      url: url.replace(`:${port}`, ''),
      redeemSecret: SECRET,
    });
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual(REQUEST);
    expect(calls).toHaveLength(1);
  });

  it.each<[what: string, facts: object]>([
    ['no name', { name: undefined }],
    ['a name that is none', { name: '../../etc/passwd' }],
    ['a URL of another host', { url: `https://${NAME}.evil.example/` }],
    ['a URL of another session', { url: 'https://other-name-here.test.localhost/' }],
    ['a URL without TLS', { url: `http://${NAME}.test.localhost/` }],
    ['a URL with a path', { url: `https://${NAME}.test.localhost/login` }],
    ['a URL with a query', { url: `https://${NAME}.test.localhost/?next=` }],
    ['a URL with a part', { url: `https://${NAME}.test.localhost/#` }],
    ['a URL with a user', { url: `https://user:password@${NAME}.test.localhost/` }],
    ['a URL that is none', { url: 'javascript:alert(1)' }],
    ['a secret that would be two lines', { redeemSecret: `${SECRET}\nurl = "x"` }],
    ['a short secret', { redeemSecret: 'short' }],
  ])('is refused with %s', async (_what, facts) => {
    const { client } = await service({ [RESERVE]: reserved(facts) });
    await failure(client.reserve(REQUEST), 'proxy-unintelligible');
  });

  it.each(['', 'null', '[]', '7', 'no JSON', `{"redeemSecret":"${SECRET}"}`])(
    'is refused when the answer is %j',
    async (body) => {
      const { client } = await service({ [RESERVE]: { status: 201, body } });
      await failure(client.reserve(REQUEST), 'proxy-unintelligible');
    },
  );

  it('shows nothing of a success with the wrong status', async () => {
    const { client } = await service({ [RESERVE]: { ...reserved(), status: 200 } });
    await failure(client.reserve(REQUEST), 'proxy-unintelligible');
  });
});

describe('which protocol is spoken', () => {
  it('is the classic one where our own is definitely not there', async () => {
    const { client, lines, url } = await service({ 'GET /getlink.cgi': classicName });
    expect(await client.reserve(REQUEST)).toEqual({ protocol: 'classic', name: NAME, url });
    expect(lines()).toEqual([RESERVE, 'GET /getlink.cgi']);
  });

  it('is never the classic one when our own proxy says 404', async () => {
    const { client, lines } = await service({
      [RESERVE]: { status: 404, body: { code: 'no-such-call', message: 'No such call' } },
      'GET /getlink.cgi': classicName,
    });
    const { message } = await failure(client.reserve(REQUEST), 'proxy-refused');
    expect(message).toBe('The proxy manage.test.localhost refused: No such call.');
    expect(lines()).toEqual([RESERVE]);
  });

  it.each<[status: number, code: ErrorCode]>([
    [200, 'proxy-unintelligible'],
    [302, 'proxy-unintelligible'],
    [400, 'proxy-unintelligible'],
    [403, 'proxy-unintelligible'],
    [405, 'proxy-unintelligible'],
    [410, 'proxy-unintelligible'],
    [429, 'proxy-refused'],
    [500, 'proxy-refused'],
    [502, 'proxy-refused'],
    [503, 'proxy-refused'],
  ])('is never the classic one after status %d', async (status, code) => {
    for (const ours of [true, false]) {
      const { client, lines } = await service({
        [RESERVE]: { status, ours, body: '<h1>from something between</h1>' },
        'GET /getlink.cgi': classicName,
      });
      const { message } = await failure(client.reserve(REQUEST), code);
      expect(message).toContain(String(status));
      expect(lines()).toEqual([RESERVE]);
    }
  });

  it('is never the classic one when nobody answers or nobody can be trusted', async () => {
    const endpoint: Endpoint = { domain: 'test.localhost', port: await closedPort(), protocol: 'auto' };
    await failure(createSatelliteClient(endpoint).reserve(REQUEST), 'proxy-unreachable');
    const { port, lines } = await service({ 'GET /getlink.cgi': classicName });
    await failure(createSatelliteClient({ ...endpoint, port }).reserve(REQUEST), 'proxy-untrusted');
    expect(lines()).toEqual([]);
  });

  it('is our own when the configuration says so, and a classic service is refused', async () => {
    const { client, lines } = await service({ 'GET /getlink.cgi': classicName }, 'v1');
    const { hint } = await failure(client.reserve(REQUEST), 'proxy-too-old');
    expect(hint).toContain('protocol: v1');
    expect(lines()).toEqual([RESERVE]);
  });

  it('is the classic one when the configuration says so, and ours is not tried', async () => {
    const { client, lines } = await service(
      { [RESERVE]: reserved(), 'GET /getlink.cgi': classicName },
      'classic',
    );
    expect((await client.reserve(REQUEST)).protocol).toBe('classic');
    expect(lines()).toEqual(['GET /getlink.cgi']);
  });
});

describe('a reservation at a classic service', () => {
  it.each([
    'Your token is \ncluster.\n',
    'Your token is \n\n',
    `Your token is \n${NAME}\nmore\n`,
    `Your token is\n${NAME}\n`,
    `Your token is \n${NAME}.evil.example\n`,
    '<html>It works!</html>',
    '',
  ])('is nothing but the exact success: not %j', async (body) => {
    const { client } = await service({ 'GET /getlink.cgi': { body, ours: false } }, 'classic');
    await failure(client.reserve(REQUEST), 'proxy-unintelligible');
  });

  it.each([
    'Client (your) IP not in range 10.0.0.0/8, please try from within the cluster.',
    'Problem generating unique URL. Sorry!',
  ])('shows what the service says: %s', async (words) => {
    const { client } = await service({ 'GET /getlink.cgi': { body: `Oops! ${words}\n`, ours: false } });
    const { message } = await failure(client.reserve(REQUEST), 'proxy-refused');
    expect(message).toBe(`The proxy manage.test.localhost refused: ${words}`);
  });

  it('is refused with a status that is no success, whatever the body says', async () => {
    const { client } = await service({ 'GET /getlink.cgi': { ...classicName, status: 500 } }, 'classic');
    await failure(client.reserve(REQUEST), 'proxy-refused');
  });
});

describe('our own proxy’s refusals', () => {
  it('are shown in its words', async () => {
    const body = { code: 'limit-reached', message: 'Too many reservations from 10.0.0.1' };
    const { client } = await service({ [RESERVE]: { status: 429, body } });
    const { message } = await failure(client.reserve(REQUEST), 'proxy-refused');
    expect(message).toContain('refused: Too many reservations from 10.0.0.1.');
  });

  it.each([{}, { message: 7 }, { message: null }, '[]', 'null'])(
    'may be of another form: %j',
    async (body) => {
      const { client } = await service({ [RESERVE]: { status: 500, body } });
      expect((await failure(client.reserve(REQUEST), 'proxy-refused')).message).toContain('HTTP status 500');
    },
  );

  it('are cut where they are endless', async () => {
    const { client } = await service({ [RESERVE]: { status: 400, body: { message: 'x'.repeat(9000) } } });
    expect((await failure(client.reserve(REQUEST), 'proxy-refused')).message.length).toBeLessThan(600);
  });
});

describe('an interrupted reservation', () => {
  it('is known when the answer comes within a moment, so that it can be given back', async () => {
    const interrupted = new AbortController();
    const after = new Promise((resolve) => setTimeout(resolve, 300));
    const { client, calls } = await service({ [RESERVE]: { ...reserved(), after } });
    const done = client.reserve(REQUEST, interrupted.signal);
    await expect.poll(() => calls.length).toBe(1);
    interrupted.abort();
    expect((await done).name).toBe(NAME);
  });

  it('takes no classic name any more', async () => {
    const interrupted = new AbortController();
    let answer: () => void = () => undefined;
    const after = new Promise<void>((resolve) => (answer = resolve));
    const { client, lines } = await service({
      [RESERVE]: { ...NOT_HERE, after },
      'GET /getlink.cgi': classicName,
    });
    const done = client.reserve(REQUEST, interrupted.signal);
    await expect.poll(() => lines().length).toBe(1);
    interrupted.abort();
    answer();
    await failure(done, 'interrupted');
    expect(lines()).toEqual([RESERVE]);
  });

  it('is left when no answer comes', async () => {
    const never = new Promise(() => undefined);
    const { client, calls } = await service({ [RESERVE]: { ...reserved(), after: never } });
    const interrupted = new AbortController();
    const done = client.reserve(REQUEST, interrupted.signal);
    await expect.poll(() => calls.length).toBe(1);
    const started = Date.now();
    interrupted.abort();
    await failure(done, 'interrupted');
    expect(Date.now() - started).toBeLessThan(8000);
  });
});

const own: Reservation = { protocol: 'v1', name: NAME, url: 'https://x/', redeemSecret: SECRET };
const classic: Reservation = { protocol: 'classic', name: NAME, url: 'https://x/' };

describe('linking a job', () => {
  it('is a PUT with the secret', async () => {
    const line = `PUT /api/v1/sessions/${NAME}/job`;
    const { client, calls } = await service({ [line]: {} });
    await client.link(own, '123_4');
    expect(calls).toEqual([{ line, body: '{"jobId":"123_4"}', authorization: `Bearer ${SECRET}` }]);
  });

  it('is a GET at a classic service', async () => {
    const line = `GET /linktoken.cgi?token=${NAME}&jobid=12`;
    const { client, calls } = await service({ [line]: { body: 'Success! Token linked to jobid.\n' } });
    await client.link(classic, '12');
    expect(calls).toMatchObject([{ line, authorization: undefined }]);
  });

  it('is by its number where its server has too long a name', async () => {
    const job = `1234567.${'head.'.repeat(9)}example.org`;
    const line = `PUT /api/v1/sessions/${NAME}/job`;
    const classicLine = `GET /linktoken.cgi?token=${NAME}&jobid=1234567`;
    const { client, calls } = await service({
      [line]: {},
      [classicLine]: { body: 'Success! Token linked to jobid.\n' },
    });
    await client.link(own, job);
    await client.link(own, `${job}.org`);
    await client.link(classic, job);
    expect(job).toHaveLength(64);
    expect(calls.map(({ line: asked, body }) => [asked, body])).toEqual([
      [line, JSON.stringify({ jobId: job })],
      [line, '{"jobId":"1234567"}'],
      [classicLine, expect.anything()],
    ]);
  });

  it('fails with the service’s words', async () => {
    const { client } = await service({
      [`GET /linktoken.cgi?token=${NAME}&jobid=1`]: {
        body: 'Oops! Unknown nonce or nonce already destroyed\n',
      },
      [`PUT /api/v1/sessions/${NAME}/job`]: { status: 409, body: { message: 'Linked to job 7 already.' } },
    });
    expect((await failure(client.link(classic, '1'), 'proxy-refused')).message).toContain('Unknown nonce');
    expect((await failure(client.link(own, '1'), 'proxy-refused')).message).toContain('to job 7 already.');
  });

  it('is left on Ctrl-C', async () => {
    const never = new Promise(() => undefined);
    const { client } = await service({ [`PUT /api/v1/sessions/${NAME}/job`]: { after: never } });
    await failure(client.link(own, '1', AbortSignal.timeout(200)), 'interrupted');
  });
});

describe('giving a name back', () => {
  const destroy = `GET /destroytoken.cgi?token=${NAME}`;
  const remove = `DELETE /api/v1/sessions/${NAME}`;

  it.each<[Reservation, string, Answer]>([
    [own, remove, { status: 204 }],
    [own, remove, { status: 404, body: { code: 'unknown-session', message: 'x' } }],
    [classic, destroy, { body: 'Success! Token destroyed.\n' }],
    [classic, destroy, { body: 'Oops! Unknown nonce or nonce already destroyed\n' }],
  ])('is done for %j when %s gets %j', async (reservation, line, answer) => {
    const { client, calls } = await service({ [line]: answer });
    await client.giveBack(reservation);
    const authorization = reservation === own ? `Bearer ${SECRET}` : undefined;
    expect(calls).toEqual([{ line, body: '', authorization }]);
  });

  it.each<[Reservation, string, Answer]>([
    [own, remove, { status: 503, body: { message: 'The store does not answer.' } }],
    [own, remove, { status: 200 }],
    [classic, destroy, { body: 'Oops! Nonce must be destroyed from host it was redeemed on\n' }],
    [classic, destroy, { body: '<html>' }],
  ])('is not done for %j when %s gets %j', async (reservation, line, answer) => {
    const { client } = await service({ [line]: answer });
    await expect(client.giveBack(reservation)).rejects.toMatchObject({ name: 'StartJupyterError' });
  });
});

describe('putting the end off', () => {
  const line = `PUT /api/v1/sessions/${NAME}/ending`;
  const later = new Date('2026-03-01T12:00:00.000Z');

  it('is told with the session’s secret', async () => {
    const { client, calls } = await service({ [line]: {} });
    await client.putOff(own, later);
    const body = '{"endsAt":"2026-03-01T12:00:00.000Z","near":false}';
    expect(calls).toEqual([{ line, body, authorization: `Bearer ${SECRET}` }]);
  });

  it('is no error where an older service knows no such call, and is not told to a classic one', async () => {
    const { client, calls } = await service({
      [line]: { status: 404, body: { code: 'no-such-call', message: 'There is no such call.' } },
    });
    await client.putOff(own, later);
    await client.putOff(classic, later);
    expect(calls).toHaveLength(1);
  });

  it.each<Answer>([
    { status: 404, body: { code: 'unknown-session', message: 'There is no session.' } },
    { status: 404, body: 'Not Found', ours: false },
    { status: 409, body: { code: 'conflict', message: 'It has ended.' } },
  ])('is not done when it gets %j', async (answer) => {
    const { client } = await service({ [line]: answer });
    await expect(client.putOff(own, later)).rejects.toMatchObject({ name: 'StartJupyterError' });
  });
});
