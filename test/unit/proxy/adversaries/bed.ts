/** A whole proxy in this process, as adversaries meet it: raw connections from any loopback address, real backends. */
import type { Socket } from 'node:net';
import { connect, checkServerIdentity, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { expect } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../../../src/certificate.js';
import { DEFAULT_LIMITS, type Limits } from '../../../../src/proxy/limiting/limits.js';
import { startProxy, type ProxyOptions } from '../../../../src/proxy/module.js';
import { sha256Hex, viewerKey, type ReserveAnswer } from '../../../../src/satellite/protocol.js';
import { createBackend, get, type TestBackend } from '../data/stage.js';

export const DOMAIN = 'jupyter.localhost';
export const MANAGE = `manage.${DOMAIN}`;
export const TOKEN = 'the-owner-s-token';
export const VIEWER_KEY_SHA256 = sha256Hex(viewerKey(TOKEN));
/** Not in the trusted networks; every other loopback address below 127.128 is. */
export const OUTSIDE = '127.200.0.1';
export const ADMIN_TOKEN = 'the-administrator-s-token';
export const FEEDER_SECRET = 'the-feeder-s-secret';

export interface Answer {
  status: number;
  /** Everything up to the connection's end, as it came. */
  text: string;
  body: string;
}

export interface Served {
  name: string;
  host: string;
  secret: string;
  backend: TestBackend;
}

export interface Call {
  body?: unknown;
  secret?: string;
  /** Further lines of the head, each with its line end. */
  headers?: string;
  /** The address that it comes from; default: 127.0.0.1. */
  from?: string;
}

export type AdversaryBed = Awaited<ReturnType<typeof adversaryBed>>;

export async function adversaryBed(changes: Partial<ProxyOptions> = {}, limits: Partial<Limits> = {}) {
  const authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
  const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`, DOMAIN], days: 2 });
  const lines: string[] = [];
  const proxy = await startProxy({
    domain: DOMAIN,
    listen: { host: '127.0.0.1', port: 0 },
    certificates: [certificate],
    allowLocalBackends: true,
    trustedNetworks: ['127.0.0.0/9'],
    feederSecret: FEEDER_SECRET,
    adminToken: ADMIN_TOKEN,
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: (event, fields) => lines.push(JSON.stringify({ event, ...fields })),
    ...changes,
  });
  const backends = new Set<TestBackend>();
  const sockets = new Set<Socket>();

  /** A connection by TLS; rejects when there is none. `serverName` empty: none is sent. */
  function dial(serverName: string, options: ConnectionOptions & { from?: string } = {}): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: proxy.port,
        servername: serverName,
        ca: authority.certificatePem,
        // What is checked is the wildcard, whatever name the handshake asks for.
        checkServerIdentity: (_host, shown) => checkServerIdentity(`any-name-here.${DOMAIN}`, shown),
        ...(options.from === undefined ? {} : { localAddress: options.from }),
        ...options,
      });
      sockets.add(socket);
      socket.once('secureConnect', () => resolve(socket));
      socket.once('error', reject).on('close', () => {
        sockets.delete(socket);
        reject(new Error('closed before the handshake was done'));
      });
    });
  }

  /** Sends this on a connection of its own and waits for everything that comes back. */
  async function say(serverName: string, text: string | Buffer, from?: string): Promise<string> {
    const socket = await dial(serverName, { from });
    const all = everything(socket);
    socket.write(text);
    return all;
  }

  async function call(method: string, path: string, given: Call = {}): Promise<Answer> {
    const { body, secret, headers = '', from } = given;
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(text)}\r\n`;
    const bearer = secret === undefined ? '' : `Authorization: Bearer ${secret}\r\n`;
    return answerOf(
      await say(
        MANAGE,
        `${method} ${path} HTTP/1.1\r\nHost: ${MANAGE}\r\n${bearer}${headers}${length}\r\n${text}`,
        from,
      ),
    );
  }

  async function reserve(certificateSha256: string, from?: string): Promise<ReserveAnswer> {
    const body = { certificateSha256, viewerKeySha256: VIEWER_KEY_SHA256 };
    const answer = await call('POST', '/api/v1/sessions', { body, from });
    expect(answer.status, answer.text).toBe(201);
    return JSON.parse(answer.body) as ReserveAnswer;
  }

  async function backend(...parameters: Parameters<typeof createBackend>): Promise<TestBackend> {
    const made = await createBackend(...parameters);
    backends.add(made);
    return made;
  }

  /** A session that is ready, whose Jupyter answers every request with its name. */
  async function serve(): Promise<Served> {
    let name = '';
    const made = await backend(true, (socket) =>
      socket.on('data', () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnotebook of ${name}`)),
    );
    const reserved = await reserve(made.certificate!.sha256);
    name = reserved.name;
    const redeemed = await call('POST', `/api/v1/sessions/${name}/redeem`, {
      body: { port: made.port },
      secret: reserved.redeemSecret,
    });
    expect(redeemed.status, redeemed.text).toBe(200);
    return { name, host: `${name}.${DOMAIN}`, secret: reserved.redeemSecret, backend: made };
  }

  return {
    ...{ proxy, authority, lines, sockets, dial, say, call, reserve, backend, serve },
    /** Whatever happened before: a session opens its notebook, control takes a call, a stranger gets the page. */
    async expectServing({ name, host }: Served): Promise<void> {
      expect(await say(host, get(host))).toContain(`notebook of ${name}`);
      await reserve('a'.repeat(64), '127.77.77.77');
      expect(await say(`never-given-out.${DOMAIN}`, get(`never-given-out.${DOMAIN}`))).toMatch(
        /^HTTP\/1\.1 404 /,
      );
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await proxy.close();
      await Promise.all([...backends].map((made) => made.close()));
    },
  };
}

/** Everything that comes until the connection is closed, also by a reset. */
export function everything(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => pieces.push(bytes)).on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('close', () => resolve(Buffer.concat(pieces).toString('utf8')));
  });
}

export function answerOf(text: string): Answer {
  const [, status = '0'] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? [];
  const [, ...rest] = text.split('\r\n\r\n');
  return { status: Number(status), text, body: rest.join('\r\n\r\n') };
}

/** The status of every answer on a connection, in their order. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}
