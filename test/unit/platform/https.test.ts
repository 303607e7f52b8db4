import type { RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StartJupyterError, type ErrorCode } from '../../../src/errors.js';
import { httpsRequest, type HttpsRequest } from '../../../src/platform/https.js';
import { closedPort, plainServer, tlsServer, type TestServer } from './tls-server.js';

const hello: RequestListener = (_request, response) => response.end('hello');

function ask(
  { port, ca }: { port: number; ca?: string },
  facts: Partial<HttpsRequest> & { host?: string } = {},
) {
  const { host = 'manage.test.localhost', ...rest } = facts;
  return httpsRequest({
    method: 'GET',
    url: new URL(`https://${host}:${port}/path?token=secret`),
    timeoutMs: 10_000,
    ...(ca === undefined ? {} : { ca }),
    ...rest,
  });
}

/** The error of a request that must fail. Whatever it is, its words are sentences and hold nothing of the path. */
async function failure(asked: Promise<unknown>, code: ErrorCode): Promise<StartJupyterError> {
  const error = await asked.then(
    () => expect.fail('it was answered'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof StartJupyterError)) throw error;
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^[^\n]+[^.]\.$/);
  expect(error.message + (error.hint ?? '') + (error.detail ?? '')).not.toContain('secret');
  return error;
}

describe('a request', () => {
  it('sends method, headers and body, and gives status, headers and body', async () => {
    const server = await tlsServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        response.writeHead(201, { 'x-seen': request.headers['x-sent'] ?? '' });
        response.end(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
      });
    });
    const answer = await ask(server, { method: 'POST', headers: { 'x-sent': 'a' }, body: '{"b":1}' });
    expect(answer).toMatchObject({ status: 201, body: 'POST /path?token=secret {"b":1}' });
    expect(answer.headers['x-seen']).toBe('a');
  });

  it('gives an answer that is no success as it is', async () => {
    const server = await tlsServer((_request, response) => response.writeHead(503).end('busy'));
    expect(await ask(server)).toMatchObject({ status: 503, body: 'busy' });
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const server = await tlsServer((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await ask(server)).toMatchObject({ status: 302 });
    expect(asked).toBe(1);
  });

  it('leaves no connection open', async () => {
    let open = 0;
    const server = await tlsServer((request, response) => {
      open += 1;
      request.socket.once('close', () => (open -= 1));
      response.end();
    });
    await ask(server);
    await expect.poll(() => open).toBe(0);
  });
});

describe('a server that is not trusted', () => {
  const untrusted = async (server: TestServer, facts: Parameters<typeof ask>[1] = {}) =>
    (await failure(ask(server, facts), 'proxy-untrusted')).message;

  it('has a certificate of an authority that nobody named', async () => {
    const { port } = await tlsServer(hello);
    const message = await untrusted({ port } as TestServer);
    expect(message).toMatch(
      /^The certificate of the proxy manage\.test\.localhost:\d+ cannot be trusted: unable to/,
    );
  });

  it('stays so whatever the environment says of certificates', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { port } = await tlsServer(hello);
    await untrusted({ port } as TestServer);
  });

  it('has a certificate of another authority than the named one', async () => {
    const [{ port }, { ca }] = await Promise.all([tlsServer(hello), tlsServer(hello)]);
    await untrusted({ port, ca });
  });

  it('has a certificate for another name', async () => {
    const server = await tlsServer(hello, { names: ['other.localhost'] });
    expect(await untrusted(server)).toContain('Host: manage.test.localhost. is not in the cert');
  });

  it('has a certificate that is over', async () => {
    const now = new Date(Date.now() - 20 * 24 * 3600_000);
    expect(await untrusted(await tlsServer(hello, { now, days: 3 }))).toContain('certificate has expired');
  });

  it('gets no byte of the request', async () => {
    let asked = false;
    const { port } = await tlsServer(() => (asked = true));
    await untrusted({ port } as TestServer);
    expect(asked).toBe(false);
  });
});

describe('a server that cannot be reached', () => {
  it('does not listen', async () => {
    const error = await failure(ask({ port: await closedPort() }), 'proxy-unreachable');
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toContain('--endpoint');
  });

  it('has a name that nobody knows', async () => {
    const error = await failure(ask({ port: 443 }, { host: 'manage.test.invalid' }), 'proxy-unreachable');
    expect(error.message).toMatch(/manage\.test\.invalid cannot be reached: getaddrinfo/);
  });

  it('closes the connection', async () => {
    const port = await plainServer((socket) => socket.destroy());
    await failure(ask({ port }), 'proxy-unreachable');
  });

  it('never answers', async () => {
    const server = await tlsServer(() => undefined);
    const error = await failure(ask(server, { timeoutMs: 1000 }), 'proxy-unreachable');
    expect(error.message).toContain('did not answer within 1 s.');
  });

  it('never ends its answer', async () => {
    const server = await tlsServer((_request, response) => response.writeHead(200).write('and then'));
    await failure(ask(server, { timeoutMs: 500 }), 'proxy-unreachable');
  });

  it('never speaks at all', async () => {
    const port = await plainServer(() => undefined);
    const started = Date.now();
    await failure(ask({ port }, { timeoutMs: 500 }), 'proxy-unreachable');
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('never speaks at all, and the caller does not want any more', async () => {
    const port = await plainServer(() => undefined);
    const started = Date.now();
    await failure(ask({ port }, { signal: AbortSignal.timeout(200) }), 'interrupted');
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it.each([0, 200])('is left when the caller does not want any more (after %d ms)', async (delayMs) => {
    const server = await tlsServer(() => undefined);
    const signal = delayMs === 0 ? AbortSignal.abort() : AbortSignal.timeout(delayMs);
    await failure(ask(server, { signal }), 'interrupted');
  });
});

describe('a server that is something else', () => {
  it('speaks plain HTTP', async () => {
    const port = await plainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { message } = await failure(ask({ port }), 'proxy-unintelligible');
    expect(message).toMatch(/^manage\.test\.localhost:\d+ does not answer .* \(wrong version number\)\.$/);
  });

  it('speaks TLS, but no HTTP', async () => {
    const server = await tlsServer((request) => request.socket.end('220 mail.example.org ESMTP\r\n'));
    await failure(ask(server), 'proxy-unintelligible');
  });

  it('sends more than we want to read', async () => {
    const server = await tlsServer((_request, response) => response.end('x'.repeat(70_000)));
    await failure(ask(server), 'proxy-unintelligible');
  });
});
