/** Adversaries before a request: in TLS, instead of TLS, and after its handshake without a word. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_HEADER } from '../../../../src/satellite/protocol.js';
import { closed, get } from '../data/stage.js';
import { ALERT, HANDSHAKE, withServerName } from './client-hello.js';
import { adversaryBed, answerOf, DOMAIN, everything, MANAGE, type AdversaryBed, type Served } from './bed.js';
import { openssl } from './openssl.js';

describe('a proxy whose callers do not behave in the handshake', () => {
  let bed: AdversaryBed;
  let session: Served;

  beforeAll(async () => {
    bed = await adversaryBed({}, { handshakeTimeout: 4000, firstByteTimeout: 4000, answerTimeout: 4000 });
    session = await bed.serve();
  });
  afterEach(() => bed.expectServing(session));
  afterAll(() => bed.close());

  /** Not by TLS. */
  async function plain(text: string | Buffer): Promise<string> {
    const socket = connect(bed.proxy.port, '127.0.0.1');
    const all = everything(socket);
    socket.write(text);
    return all;
  }

  /** The first bytes of a real handshake for this name. */
  async function clientHello(name: string): Promise<Buffer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const dialled = bed.dial(name, { port }).catch(() => undefined);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const [hello] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    server.close();
    await dialled;
    return hello;
  }

  it.for([
    ['plain HTTP', `GET / HTTP/1.1\r\nHost: ${DOMAIN}\r\n\r\n`],
    ['plain HTTP to control', `POST /api/v1/sessions HTTP/1.1\r\nHost: ${MANAGE}\r\n\r\n`],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    [
      'a handshake record of the largest length, and nothing else in it',
      Buffer.from([22, 3, 1, 255, 255, ...Array<number>(70_000).fill(0)]),
    ],
    ['zeros', Buffer.alloc(100_000)],
  ] as const)('closes on %s, with nothing but an alert', async ([, text]) => {
    const answer = Buffer.from(await plain(text), 'utf8');
    expect(answer.length === 0 || answer[0] === ALERT).toBe(true);
    expect(answer.length).toBeLessThan(100);
  });

  it('takes a handshake that comes a byte at a time', async () => {
    // Between client and proxy stands a wire that gives on each byte alone.
    const wire = createServer((client) => {
      const onward = connect({ port: bed.proxy.port, host: '127.0.0.1', noDelay: true });
      let last = Promise.resolve();
      client.on('data', (bytes: Buffer) => {
        for (const byte of bytes) {
          last = last.then(async () => {
            onward.write(Buffer.from([byte]));
            await new Promise(setImmediate);
          });
        }
      });
      onward.pipe(client);
      for (const [one, other] of [
        [client, onward],
        [onward, client],
      ] as const) {
        one.on('error', () => undefined).on('close', () => other.destroy());
      }
    }).listen(0, '127.0.0.1');
    await once(wire, 'listening');
    const socket = await bed.dial(session.host, { port: (wire.address() as AddressInfo).port });
    const all = everything(socket);
    socket.write(get(session.host));
    expect(await all).toContain(`notebook of ${session.name}`);
    wire.close();
  });

  it('ends a handshake that is begun and never done, a silent one, and one whose client’s half is closed', async () => {
    const hello = await clientHello(session.host);
    const sockets = [hello, hello.subarray(0, 3), Buffer.alloc(0)].flatMap((bytes) =>
      [false, true].map((allowHalfOpen) => {
        const socket = connect({ port: bed.proxy.port, host: '127.0.0.1', allowHalfOpen }).resume();
        socket.write(bytes);
        if (allowHalfOpen) socket.end();
        return socket;
      }),
    );
    await Promise.all(sockets.map((socket) => closed(socket)));
  });

  it('ends a connection on which nothing is said, or a request that never ends', async () => {
    const nobody = `never-given-out.${DOMAIN}`;
    const head = 'GET / HTTP/1.1\r\nX-Slow: ';
    const body = `POST /api/v1/sessions HTTP/1.1\r\nHost: ${MANAGE}\r\nContent-Length: 999\r\n\r\n`;
    const never = [
      [session.host],
      [nobody],
      [MANAGE],
      [nobody, head],
      [MANAGE, head],
      [MANAGE, body],
    ] as const;
    const ends = never.map(async ([host, begun]) => {
      const socket = await bed.dial(host);
      const all = everything(socket);
      if (begun !== undefined) socket.write(begun);
      const drip = setInterval(() => begun !== undefined && socket.write('x'), 200);
      const text = await all;
      clearInterval(drip);
      return text;
    });
    const tooSlow: unknown = expect.stringMatching(/^HTTP\/1\.1 408 /);
    expect(await Promise.all(ends)).toEqual(never.map(([, begun]) => (begun === undefined ? '' : tooSlow)));
  });

  it.for([
    ['in capitals', (host: string) => host.toUpperCase()],
    ['with a trailing dot', (host: string) => `${host}.`],
    ['in capitals with a trailing dot', (host: string) => `${host.toUpperCase()}.`],
  ] as const)('finds the session by a name %s, in the handshake and in Host', async ([, write]) => {
    expect(await bed.say(write(session.host), get(write(session.host)))).toContain(
      `notebook of ${session.name}`,
    );
  });

  it.for([
    ['none', () => ''],
    ['of another site', ({ name }: Served) => `${name}.example.org`],
    ['that holds the domain in front', ({ host }: Served) => `${host}.example.org`],
    ['below a session', ({ host }: Served) => `www.${host}`],
    ['of the domain itself', () => DOMAIN],
    ['in Punycode', () => `xn--bcher-kva-xn--p1ai-xn--90ais.${DOMAIN}`],
    ['as long as names may be', () => `${'a'.repeat(63)}.`.repeat(3) + DOMAIN],
    ['with a star', () => `*.${DOMAIN}`],
    ['with a slash', ({ name }: Served) => `x/../${name}.${DOMAIN}`],
    ['with a line end', ({ name }: Served) => `x\r\n${name}.${DOMAIN}`],
    ['with two trailing dots', ({ host }: Served) => `${host}..`],
  ] as const)('reaches nobody by a server name %s', async ([, nameFor]) => {
    const before = session.backend.heard();
    const name = nameFor(session);
    const text = await bed.say(name, get(session.host));
    // 421 says that the connection was opened for another name than Host asks for; without a name nothing can differ.
    expect(answerOf(text).status).toBe(name === '' ? 404 : 421);
    expect(text.toLowerCase()).toContain(`${PAGE_HEADER}: 1`);
    expect(session.backend.heard()).toBe(before);
  });

  it.for([
    ['the name itself: the handshake goes on', ({ host }: Served) => host, HANDSHAKE],
    ['a NUL byte in it', ({ name }: Served) => `${name}\0.${DOMAIN}`, ALERT],
    ['a NUL byte behind it', ({ host }: Served) => `${host}\0`, ALERT],
    ['256 characters', () => `${'a'.repeat(255 - DOMAIN.length)}.${DOMAIN}`, ALERT],
    ['10,000 characters', () => 'a'.repeat(10_000), ALERT],
    ['no character, which is no name at all: the handshake goes on', () => '', HANDSHAKE],
  ] as const)('answers a server name raw on the wire: %s', async ([, nameFor, expected]) => {
    const socket = connect(bed.proxy.port, '127.0.0.1');
    socket.write(withServerName(await clientHello(session.host), session.host, nameFor(session)));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer[0]).toBe(expected);
    socket.destroy();
  });

  it('does not end a handshake in which the name was changed on the way', async () => {
    const other = await bed.serve();
    const wire = createServer((client) => {
      const onward = connect(bed.proxy.port, '127.0.0.1');
      client.once('data', (hello: Buffer) => {
        const text = hello
          .toString('latin1')
          .replace(session.name.slice(0, 4), `${session.name.slice(0, 3)}x`);
        onward.write(Buffer.from(text, 'latin1'));
        client.pipe(onward);
      });
      onward.pipe(client);
      for (const [one, two] of [
        [client, onward],
        [onward, client],
      ] as const) {
        one.on('error', () => undefined).on('close', () => two.destroy());
      }
    }).listen(0, '127.0.0.1');
    await once(wire, 'listening');
    const { port } = wire.address() as AddressInfo;
    await expect(bed.dial(session.host, { port })).rejects.toThrow();
    expect(other.backend.heard()).toBe('');
    wire.close();
  });

  it('has no renegotiation, by which a name could change under way', async () => {
    const { process: client, output } = await openssl(bed, session.host, ['-tls1_2']);
    client.stdin.write('R\n');
    expect((await output).replaceAll('\n', ' ')).toMatch(/RENEGOTIATING.*no renegotiation/i);
  });

  it.for<[string, () => string]>([
    ['a session', () => session.host],
    ['control', () => MANAGE],
    ['nobody', () => `never-given-out.${DOMAIN}`],
  ])('lets a connection to %s close in the middle of everything', async ([, hostOf]) => {
    const host = hostOf();
    const pieces = [
      '',
      'G',
      'GET / HTTP/1.1\r\nHost: ',
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\nhalf`,
    ];
    for (const piece of pieces) {
      for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
        const wire = connect(bed.proxy.port, '127.0.0.1');
        const socket = await bed.dial(host, { socket: wire });
        socket.on('error', () => undefined).resume();
        socket.write(piece);
        await sleep(5);
        (leave === 'end' ? socket : wire)[leave]();
        await closed(wire);
      }
    }
  });
});
