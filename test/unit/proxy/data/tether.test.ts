import { afterEach, describe, expect, it } from 'vitest';
import { openTether } from '../../../../src/proxy/data/tether.js';
import { handClock, settled } from '../registry/bed.js';
import { createBackend } from './stage.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const SIGN = 'GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n';
const MINUTE = 60_000;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a tether's sign of life", () => {
  it('is given at once and each ten minutes, carries no token, and stops with the tether', async () => {
    const clock = handClock();
    const backend = await createBackend(false, (socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')),
    );
    closers.push(backend.close);
    const letGo = new AbortController();
    const place = { address: '127.0.0.1', port: backend.port };
    const tether = await openTether(place, letGo.signal, clock);
    const heard = async (times: number) => {
      await until(() => backend.heard().length >= times * SIGN.length);
      expect(backend.heard()).toBe(SIGN.repeat(times));
    };
    await heard(1);
    await clock.advance(10 * MINUTE - 1);
    await settled();
    await heard(1);
    await clock.advance(1);
    await heard(2);
    // Tornado closes what says nothing for an hour: in a day it would have had 24 occasions.
    await clock.advance(24 * 60 * MINUTE);
    await heard(2 + 24 * 6);
    expect(backend.connections.size).toBe(1);
    letGo.abort();
    await tether.closed;
    await clock.advance(60 * MINUTE);
    await heard(2 + 24 * 6);
  });
});
