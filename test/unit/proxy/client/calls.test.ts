import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callApi, callService } from '../../../../src/proxy/client/calls.js';
import { readService, serviceOrigin, type Service } from '../../../../src/proxy/client/service.js';
import { closedPort, plainServer, tlsServer } from '../../platform/tls-server.js';

const HOST = 'manage.test.localhost';
const GET = { method: 'GET', path: '/api/v1/jobs', secret: 'the-secret' } as const;
const at = (port: number, ca?: string): Service => ({
  origin: new URL(`https://${HOST}:${port}`),
  ...(ca === undefined ? {} : { ca }),
});
const serving = async (listener: RequestListener): Promise<Service> => {
  const { port, ca } = await tlsServer(listener);
  return at(port, ca);
};

describe('where a service is', () => {
  it.each([
    ['jupyter.example.org', 'https://manage.jupyter.example.org/'],
    ['jupyter.example.org:8443', 'https://manage.jupyter.example.org:8443/'],
    ['manage.jupyter.example.org', 'https://manage.jupyter.example.org/'],
    ['https://manage.jupyter.example.org', 'https://manage.jupyter.example.org/'],
    ['https://manage.jupyter.example.org:8443/', 'https://manage.jupyter.example.org:8443/'],
  ])('%j is %s', (text, origin) => {
    expect(serviceOrigin(text)?.href).toBe(origin);
  });

  it.each([
    '',
    'http://manage.example.org',
    'https://manage.example.org/api',
    'https://u:p@manage.example.org',
    'https://manage.example.org/?a=b',
    'a b',
    'example.org/x',
    'ftp://x.y',
    'https://localhost',
  ])('%j is refused', (text) => {
    expect(() => readService({ to: text }, '/')).toThrow('--to');
  });

  it('says that a CA cannot be read', () => {
    expect(() => readService({ to: 'example.org', ca: 'missing.pem' }, '/nowhere')).toThrow(
      '--ca: /nowhere/missing.pem cannot be read.',
    );
  });
});

describe('a call', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('sends the secret and the body, and gives what the answer holds', async () => {
    const service = await serving((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        response.setHeader('start-jupyter-api', '1');
        const { authorization, 'content-type': type } = request.headers;
        response.end(JSON.stringify({ method: request.method, url: request.url, authorization, type, body }));
      });
    });
    expect(await callApi(service, { ...GET, method: 'PUT', json: { a: 'ü' } })).toEqual({
      method: 'PUT',
      url: '/api/v1/jobs',
      authorization: 'Bearer the-secret',
      type: 'application/json',
      body: '{"a":"ü"}',
    });
  });

  it('follows no redirect, and no proxy of the environment', async () => {
    let stolen = 0;
    const thief = await plainServer(() => stolen++);
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${thief}`);
    vi.stubEnv('https_proxy', `http://127.0.0.1:${thief}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const service = await serving((_request, response) =>
      response.writeHead(307, { location: `https://${HOST}:${thief}/` }).end(),
    );
    expect(await callService(service, GET)).toMatchObject({ status: 307, isOurs: false });
    expect(stolen).toBe(0);
  });

  it('does not trust a certificate of an authority that was not named, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    let asked = 0;
    const { port } = await tlsServer(() => asked++);
    await expect(callService(at(port), GET)).rejects.toMatchObject({ code: 'proxy-untrusted' });
    const other = await tlsServer(() => asked++, { names: ['other.localhost'] });
    await expect(callService(at(other.port, other.ca), GET)).rejects.toMatchObject({
      code: 'proxy-untrusted',
    });
    expect(asked).toBe(0);
  });

  it('says so when nobody listens, or something that speaks no TLS', async () => {
    const unreachable = { code: 'proxy-unreachable' };
    await expect(callService(at(await closedPort()), GET)).rejects.toMatchObject(unreachable);
    const port = await plainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(callService(at(port), GET)).rejects.toMatchObject(unreachable);
  });

  it('does not read an answer without end', async () => {
    const service = await serving((_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(100_000)));
        response.once('drain', more);
      };
      more();
    });
    await expect(callService(service, GET)).rejects.toMatchObject({
      message: expect.stringContaining('far too long') as string,
    });
  });

  it('ends with the signal, before and during the answer', async () => {
    for (const listener of [
      () => undefined,
      (_request, response) => response.write('{'),
    ] as RequestListener[]) {
      const service = await serving(listener);
      const stop = new AbortController();
      const asked = callService(service, GET, stop.signal);
      setTimeout(() => stop.abort(), 100);
      await expect(asked).rejects.toMatchObject({ code: 'proxy-unreachable' });
    }
  });

  it('never has the secret in its words', async () => {
    const service = await serving((_request, response) => {
      response.setHeader('start-jupyter-api', '1');
      response.writeHead(403).end('{"code":"bad-secret","message":"That is not the secret."}');
    });
    const error: unknown = await callApi(service, GET).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'proxy-refused',
      message: expect.stringContaining('not the secret') as string,
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('the-secret');
  });
});
