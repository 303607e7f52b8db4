/** A proxy that is asked to stop while it is at work. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adversaryBed, answerOf, everything, MANAGE, type AdversaryBed } from './adversaries/bed.js';
import { closed, get, type TestBackend } from './data/stage.js';

/** Far more than anything here needs. */
const LONG_MS = 60_000;

describe('a proxy that stops', () => {
  let bed: AdversaryBed;
  beforeEach(async () => {
    bed = await adversaryBed();
  });
  afterEach(() => bed.close());

  /** A session whose Jupyter does this on each connection, after its first byte. */
  async function session(talk: (answer: (text: string) => void, end: () => void) => void): Promise<string> {
    const backend = await bed.backend(true, (socket) => {
      socket.once('data', () =>
        talk(
          (text) => {
            if (!socket.destroyed) socket.write(text);
          },
          () => socket.end(),
        ),
      );
    });
    return ready(backend, backend.port);
  }

  async function ready(backend: TestBackend, port: number): Promise<string> {
    const { name, redeemSecret } = await bed.reserve(backend.certificate!.sha256);
    const redeemed = await redeem(name, redeemSecret, port);
    expect(redeemed.status, redeemed.text).toBe(200);
    return `${name}.jupyter.localhost`;
  }
  const redeem = (name: string, secret: string, port: number) =>
    bed.call('POST', `/api/v1/sessions/${name}/redeem`, { body: { port }, secret });

  async function visit(host: string): Promise<{ socket: TLSSocket; all: Promise<string> }> {
    const socket = await bed.dial(host);
    const all = everything(socket);
    socket.write(get(host));
    return { socket, all };
  }

  /** Sends a piece every 50 ms, so many times, and then the end. */
  function inPieces(count: number) {
    return (answer: (text: string) => void, end: () => void) => {
      let sent = 0;
      const timer = setInterval(() => {
        answer(`piece ${++sent}\n`);
        if (sent < count) return;
        clearInterval(timer);
        end();
      }, 50);
    };
  }

  it('takes no new connections at once', async () => {
    const host = await session(inPieces(60));
    const { all } = await visit(host);
    await sleep(200);
    const stopped = bed.proxy.close(LONG_MS);
    await sleep(0);
    const late = connect(bed.proxy.port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    expect(await all).toContain('piece 60\n');
    await stopped;
  });

  it('cuts what is quiet, and lets what moves bytes come to its end', async () => {
    const busy = await visit(await session(inPieces(80)));
    const idle = await visit(await session((answer) => answer('HTTP/1.1 101 Switching Protocols\r\n\r\n')));
    const silent = await bed.dial(MANAGE);
    const withoutTls = connect(bed.proxy.port, '127.0.0.1');
    await once(withoutTls, 'connect');
    await sleep(300);
    const order: string[] = [];
    const stopped = bed.proxy.close(LONG_MS).then(() => order.push('stopped'));
    void busy.all.then(() => order.push('busy'));
    await Promise.all([idle.all, closed(silent), closed(withoutTls)]);
    expect(order).toEqual([]);
    expect(await busy.all).toContain('piece 80\n');
    await stopped;
    expect(order).toEqual(['busy', 'stopped']);
  });

  it('lets a running call of control come to its end, however quiet it is meanwhile', async () => {
    const backend = await bed.backend(true);
    // The proxy's look at the certificate takes longer than anything quiet is left alone.
    const slow = createServer((socket) => {
      const onward = connect(backend.port, '127.0.0.1');
      onward.on('error', () => undefined).pipe(socket);
      socket.on('error', () => undefined).pause();
      setTimeout(() => socket.pipe(onward), 2_500);
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { name, redeemSecret } = await bed.reserve(backend.certificate!.sha256);
    const answer = redeem(name, redeemSecret, (slow.address() as AddressInfo).port);
    await once(slow, 'connection');
    await Promise.all([bed.proxy.close(LONG_MS), expect(answer).resolves.toMatchObject({ status: 200 })]);
    slow.close();
  });

  it('cuts everything at the limit', async () => {
    const endless = await visit(await session(inPieces(100_000)));
    await sleep(200);
    const started = performance.now();
    await bed.proxy.close(1_500);
    expect(performance.now() - started).toBeGreaterThan(1_400);
    expect(await endless.all).toContain('piece 1\n');
  });

  it('cuts everything at once without a limit', async () => {
    const endless = await visit(await session(inPieces(100_000)));
    await bed.proxy.close();
    await endless.all;
  });

  it('shows a page to who was in the handshake when it was asked', async () => {
    const host = 'never-given-out.jupyter.localhost';
    const busy = await visit(await session(inPieces(60)));
    const wire = connect(bed.proxy.port, '127.0.0.1');
    await once(wire, 'connect');
    // The proxy has taken it when a later one is through.
    (await bed.dial(host)).destroy();
    const stopped = bed.proxy.close(LONG_MS);
    const socket = await bed.dial(host, { socket: wire });
    const all = everything(socket);
    socket.write(get(host));
    expect(answerOf(await all).status).toBe(404);
    await busy.all;
    await stopped;
  });
});
