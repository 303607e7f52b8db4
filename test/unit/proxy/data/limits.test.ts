import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { PAGE_HEADER } from '../../../../src/satellite/protocol.js';
import {
  closed,
  closeServer,
  createBackend,
  createStage,
  DOMAIN,
  exchange,
  get,
  listen,
  readySession,
  type Stage,
} from './stage.js';

const NAME = 'one-two-three';
const HOST = `${NAME}.${DOMAIN}`;
const MANAGE = `manage.${DOMAIN}`;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function theStage(...limits: Parameters<typeof createStage>): Promise<Stage> {
  const stage = await createStage(...limits);
  closers.push(() => stage.close());
  return stage;
}

/** A backend that answers the first bytes with one, and keeps the connection. */
async function talker(stage: Stage, pinned = true) {
  const made = await createBackend(pinned, (socket) => socket.once('data', () => socket.write('x')));
  closers.push(made.close);
  stage.sessions.set(NAME, readySession(NAME, made));
  return made;
}

/** A node that takes connections and says nothing: TLS never gets to its end. */
async function deadNode(stage: Stage): Promise<Set<Socket>> {
  const taken = new Set<Socket>();
  const server = createServer((socket) => {
    taken.add(socket.on('error', () => undefined).resume());
    socket.once('close', () => taken.delete(socket));
  });
  const port = await listen(server);
  closers.push(() => closeServer(server, taken));
  const certificate = { sha256: 'a'.repeat(64) } as never;
  stage.sessions.set(NAME, readySession(NAME, { port, certificate }));
  return taken;
}

/** What the browser of `opened` had below its TLS: to vanish without an end. */
const wires = new WeakMap<TLSSocket, Socket>();

async function dialled(stage: Stage): Promise<TLSSocket> {
  const wire = createConnection(stage.port, '127.0.0.1');
  const socket = await stage.connect(HOST, { socket: wire });
  wires.set(socket, wire);
  socket.on('error', () => undefined).write('hello');
  return socket;
}

async function opened(stage: Stage): Promise<TLSSocket> {
  const socket = await dialled(stage);
  await once(socket, 'data');
  return socket;
}

const limitsOf = ({ logged }: Stage) =>
  logged.filter(({ event }) => event === 'limit-reached').map(({ fields }) => fields);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe('times', () => {
  it('end a connection that makes no handshake, or says nothing after it', async () => {
    const stage = await theStage({ handshakeTimeout: 150, firstByteTimeout: 150 });
    const silent = createConnection(stage.port, '127.0.0.1');
    const mute = await stage.connect(HOST);
    for (const socket of [silent, mute]) socket.on('error', () => undefined).resume();
    await Promise.all([closed(silent), closed(mute)]);
    expect(limitsOf(stage)).toEqual(
      expect.arrayContaining([
        { limit: 'handshake-time', source: '127.0.0.1' },
        { limit: 'first-byte-time', source: '127.0.0.1' },
      ]),
    );
  });

  it('end a handshake that comes byte by byte', async () => {
    const stage = await theStage({ handshakeTimeout: 200 });
    const socket = createConnection(stage.port, '127.0.0.1').on('error', () => undefined);
    socket.resume();
    const dripping = setInterval(() => socket.write('\x16'), 20);
    await closed(socket);
    clearInterval(dripping);
  });

  it.for([
    { what: 'control', host: MANAGE, first: '' },
    { what: 'control, byte by byte', host: MANAGE, first: 'GET /' },
    { what: 'a page, byte by byte', host: HOST, first: 'GET /' },
  ])('end a request to $what that does not come to its end', async ({ host, first }) => {
    const stage = await theStage({ answerTimeout: 300 });
    const socket = await stage.connect(host);
    const dripping = setInterval(() => first !== '' && !socket.destroyed && socket.write('x'), 20);
    const answer = await exchange(socket, first);
    clearInterval(dripping);
    if (first === '') expect(answer).toBe('');
    else expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(limitsOf(stage)).toEqual([{ limit: 'answer-time', source: '127.0.0.1' }]);
  });

  it('hold a link that has fallen silent no longer than the idle time', async () => {
    const stage = await theStage({ idleTimeout: 150 });
    await talker(stage);
    const socket = await opened(stage);
    await closed(socket.resume());
  });
});

describe('connections in all', () => {
  it('are dropped beyond the number allowed, each counted, and taken again when others are gone', async () => {
    const stage = await theStage({ maxConnections: 2 });
    const first = [await stage.connect(HOST), await stage.connect(HOST)];
    await expect(stage.connect(HOST)).rejects.toThrow();
    await expect(stage.connect(HOST)).rejects.toThrow();
    expect(limitsOf(stage)).toEqual(Array(2).fill({ limit: 'connections', source: '127.0.0.1' }));
    first[0]!.destroy();
    await sleep(50);
    (await stage.connect(HOST)).destroy();
  });
});

describe('connections from an address', () => {
  it('are dropped before TLS beyond the number allowed, while another address is served', async () => {
    const stage = await theStage({ maxConnectionsPerAddress: 2 });
    const first = [await stage.connect(HOST), await stage.connect(HOST)];
    await expect(stage.connect(HOST)).rejects.toThrow();
    // Neither does one that never speaks get through.
    const plain = createConnection(stage.port, '127.0.0.1').on('error', () => undefined);
    await closed(plain.resume());
    expect(limitsOf(stage)).toEqual(Array(2).fill({ limit: 'connections-per-address', source: '127.0.0.1' }));
    (await stage.connect(HOST, { localAddress: '127.0.0.2' } as object)).destroy();
    first[0]!.destroy();
    await sleep(50);
    (await stage.connect(HOST)).destroy();
  });
});

describe("a session's connections", () => {
  it.for([true, false])('are answered 503 beyond the number allowed, pinned: %s', async (pinned) => {
    const stage = await theStage({ maxConnectionsPerSession: 2 });
    const made = await talker(stage, pinned);
    const first = [await opened(stage), await opened(stage)];
    const heard = made.heard();
    const answer = await exchange(await stage.connect(HOST), get(HOST));
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    for (const header of ['Retry-After: ', 'Connection: close', `${PAGE_HEADER}: 1`]) {
      expect(answer).toContain(`\r\n${header}`);
    }
    expect(answer).toContain('Too many connections');
    expect(made.heard()).toBe(heard);
    expect(limitsOf(stage)).toEqual([
      { limit: 'connections-per-session', source: '127.0.0.1', session: NAME },
    ]);
    wires.get(first[0]!)!.resetAndDestroy();
    await until(() => made.connections.size === 1);
    await opened(stage);
  });

  it('are answered though they send on and on, and do not stay', async () => {
    const stage = await theStage({ maxConnectionsPerSession: 1 });
    await talker(stage);
    await opened(stage);
    const socket = await stage.connect(HOST);
    let heard = '';
    socket.on('error', () => undefined).on('data', (bytes: Buffer) => (heard += bytes.toString()));
    const pump = () => {
      while (!socket.destroyed && socket.writable && socket.write(Buffer.alloc(65536)));
    };
    socket.on('drain', pump);
    pump();
    await closed(socket);
    expect(heard).toMatch(/^HTTP\/1\.1 503 /);
  });

  it('that a dead node does not answer hold no more than their share, and no other session', async () => {
    const stage = await theStage({ maxOpeningPerSession: 3 });
    const taken = await deadNode(stage);
    const waiting = await Promise.all(Array.from({ length: 3 }, () => dialled(stage)));
    await until(() => taken.size === 3);
    expect(await exchange(await stage.connect(HOST), get(HOST))).toMatch(/^HTTP\/1\.1 503 /);
    expect(taken.size).toBe(3);
    expect(limitsOf(stage)).toEqual([{ limit: 'opening-per-session', source: '127.0.0.1', session: NAME }]);
    wires.get(waiting[0]!)!.resetAndDestroy();
    await until(() => taken.size === 2);
    await dialled(stage);
    await until(() => taken.size === 3);
  });

  it('count as being opened no longer than until their backend answers', async () => {
    const stage = await theStage({ maxOpeningPerSession: 1 });
    await talker(stage);
    for (let many = 0; many < 5; many++) await opened(stage);
    expect(limitsOf(stage)).toEqual([]);
  });
});
