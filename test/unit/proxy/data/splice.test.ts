import { createCipheriv, createHash, type Hash } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
