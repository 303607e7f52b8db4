import { createCipheriv, createHash, type Hash } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBackend, createStage, DOMAIN, readySession, type Stage } from './stage.js';

const PIECE = 64 * 1024;

/** Bytes that are the seed's own: a piece that went to another connection is noticed. */
async function sendBody(socket: Socket, seed: number, pieces: number): Promise<string> {
  const source = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  const hash = createHash('sha256');
  for (let count = 0; count < pieces; count++) {
    const piece = source.update(Buffer.alloc(PIECE - count));
    hash.update(piece);
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  return hash.digest('hex');
}

/** Reads so many bytes; a slow reader takes a pause at every tenth piece. */
async function readBody(socket: Socket, bytes: number, slow: boolean): Promise<string> {
  const hash: Hash = createHash('sha256');
  let [left, count] = [bytes, 0];
  // The other direction may not be through yet.
  const pieces = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const piece of pieces) {
    hash.update(piece);
    left -= piece.length;
    if (left === 0) break;
    if (slow && ++count % 10 === 0) await sleep(1);
  }
  expect(left).toBe(0);
  return hash.digest('hex');
}

function sizeOf(pieces: number): number {
  return pieces * PIECE - (pieces * (pieces - 1)) / 2;
}

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

interface Case {
  pinned: boolean;
  version: 'TLSv1.2' | 'TLSv1.3';
  slow: string;
  pieces: number;
}

const cases = [true, false].flatMap((pinned) =>
  (['TLSv1.2', 'TLSv1.3'] as const).flatMap((version) =>
    [
      { slow: 'nobody', pieces: 128 },
      { slow: 'browser', pieces: 32 },
      { slow: 'backend', pieces: 32 },
    ].map((load) => ({ pinned, version, ...load })),
  ),
);

it.for<Case>(cases)(
  'carries eight bodies both ways at once, pinned: $pinned, $version, slow: $slow, pieces: $pieces',
  async ({ pinned, version, slow, pieces }) => {
    const received: Promise<string>[] = [];
    const sent: Promise<string>[] = [];
    const backend = await createBackend(
      pinned,
      (socket) => {
        // The first byte says which connection it is, so that each gets bytes of its own.
        socket.once('readable', () => {
          const seed = (socket.read(1) as Buffer)[0]!;
          received[seed] = readBody(socket, sizeOf(pieces), slow === 'backend');
          sent[seed] = sendBody(socket, seed + 100, pieces);
        });
      },
      { record: false },
    );
    stage.sessions.set('one-two-three', readySession('one-two-three', backend));
    const exchanges = Array.from({ length: 8 }, async (_, seed) => {
      const socket = await stage.connect(`one-two-three.${DOMAIN}`, {
        minVersion: version,
        maxVersion: version,
      });
      socket.write(Buffer.of(seed));
      const [up, down] = await Promise.all([
        sendBody(socket, seed, pieces),
        readBody(socket, sizeOf(pieces), slow === 'browser'),
      ]);
      return { up, down, seed };
    });
    for (const { up, down, seed } of await Promise.all(exchanges)) {
      expect(await received[seed]).toBe(up);
      expect(await sent[seed]).toBe(down);
    }
    await backend.close();
  },
);

it.for([true, false])(
  'keeps small pieces whole that pile up for a browser which does not read, pinned: %s',
  async (pinned) => {
    const [size, count] = [8 * 1024, 1500];
    const sent: Promise<string>[] = [];
    const backend = await createBackend(pinned, (socket) => {
      socket.once('data', ([seed = 0]: Buffer) => {
        sent[seed] = sendPieces(socket, seed, size, count);
      });
    });
    stage.sessions.set('one-two-three', readySession('one-two-three', backend));
    const exchanges = [1, 2, 3].map(async (seed) => {
      const socket = await stage.connect(`one-two-three.${DOMAIN}`);
      socket.write(Buffer.of(seed));
      await sleep(600);
      return { seed, down: await readBody(socket, size * count, false) };
    });
    for (const { seed, down } of await Promise.all(exchanges)) expect(down).toBe(await sent[seed]);
    await backend.close();
  },
);

it.for([true, false])(
  'takes no more than the buffers hold for a side that does not read, pinned: %s',
  async (pinned) => {
    const FAR_TOO_MUCH = 64 * 1024 * 1024;
    const taken = { fromBackend: 0, fromBrowser: 0 };
    const pump = (socket: Socket, who: keyof typeof taken) => {
      const push = () => {
        let room = true;
        while (room && taken[who] < FAR_TOO_MUCH) {
          taken[who] += PIECE;
          room = socket.write(Buffer.alloc(PIECE));
        }
      };
      socket.on('drain', push);
      push();
    };
    const backend = await createBackend(
      pinned,
      (socket) => socket.once('readable', () => pump(socket, 'fromBackend')),
      { record: false },
    );
    stage.sessions.set('one-two-three', readySession('one-two-three', backend));
    const socket = await stage.connect(`one-two-three.${DOMAIN}`);
    socket.on('error', () => undefined);
    pump(socket, 'fromBrowser');
    await sleep(800);
    // What a kernel keeps for a connection on loopback is some megabytes.
    expect(taken.fromBackend).toBeLessThan(FAR_TOO_MUCH / 2);
    expect(taken.fromBrowser).toBeLessThan(FAR_TOO_MUCH / 2);
    expect(Math.min(taken.fromBackend, taken.fromBrowser)).toBeGreaterThan(0);
    socket.destroy();
    await backend.close();
  },
);

/** One piece a turn of the loop, so that each is read on its own. */
async function sendPieces(socket: Socket, seed: number, size: number, count: number): Promise<string> {
  const source = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  const hash = createHash('sha256');
  for (let sent = 0; sent < count; sent++) {
    const piece = source.update(Buffer.alloc(size));
    hash.update(piece);
    socket.write(piece);
    await turn();
  }
  return hash.digest('hex');
}
