/** Every way in which a session ends, against every state that its connections can be in. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority, issueCertificate, type Certificate } from '../../../../src/certificate.js';
import { createFront } from '../../../../src/proxy/data/front.js';
import { createPageServer } from '../../../../src/proxy/pages/page-server.js';
import { sha256Hex, viewerKey } from '../../../../src/satellite/protocol.js';
import { registryBed, settled } from '../registry/bed.js';
import { closed, closeServer, createBackend, DOMAIN, exchange, get, LIMITS, listen, TOKEN } from './stage.js';

/** Far above the 100 ms that are aimed at, since machines are busy; far below every time-out that could do it. */
const AT_ONCE_MS = 2_000;
const HOUR = 3_600_000;

let authority: Certificate;
let certificate: Certificate;
beforeAll(async () => {
  authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
  certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 2 });
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Bed = Awaited<ReturnType<typeof startBed>>;

async function startBed() {
  const bed = await registryBed();
  const lookup = (name: string) => bed.registry.lookup(name);
  const front = createFront({
    domain: DOMAIN,
    certificates: [certificate],
    sessions: bed.registry,
    control: createHttpServer(),
    pages: createPageServer(lookup),
    log: bed.deps.log,
    limits: LIMITS,
  });
  const port = await listen(front.server);
  closers.push(
    () => bed.registry.close(),
    () => front.close(),
  );

  function dial(name: string): Promise<TLSSocket> {
    const options = {
      host: '127.0.0.1',
      port,
      servername: `${name}.${DOMAIN}`,
      ca: authority.certificatePem,
    };
    return new Promise((resolve, reject) => {
      const socket = connect(options, () => resolve(socket)).once('error', reject);
      socket.on('error', () => undefined);
      closers.push(() => Promise.resolve(socket.destroy()));
    });
  }

  async function reserve(certificateSha256: string): Promise<string> {
    const facts = { certificateSha256, viewerKeySha256: sha256Hex(viewerKey(TOKEN)) };
    const { session } = await bed.registry.reserve(facts);
    await bed.registry.link(session.name, '17');
    return session.name;
  }

  return { ...bed, front, dial, reserve };
}

/** Answers the first bytes; those that ask for it get bytes without end. */
async function talker(pinned: boolean) {
  const made = await createBackend(
    pinned,
    (socket) => {
      const pump = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65536)));
      };
      socket.once('data', (bytes: Buffer) => {
        if (bytes.toString() !== 'pump') socket.write('x');
        else pump();
        socket.on('drain', pump);
      });
    },
    { record: false },
  );
  closers.push(made.close);
  return made;
}

/** A ready session of a backend that talks, with a connection in each state. */
async function busySession(
  bed: Bed,
  { endsAt, classic = false }: { endsAt?: number; classic?: boolean } = {},
) {
  const backend = await talker(!classic);
  const place = { address: '127.0.0.1', port: backend.port };
  let name: string;
  if (classic) {
    name = (await bed.registry.reserveClassic()).name;
    bed.backends.certificates.set(backend.port, 'any');
    await bed.registry.redeemClassic(name, place);
    await bed.clock.advance(1_000);
  } else {
    const { sha256 } = backend.certificate!;
    name = await bed.reserve(sha256);
    bed.backends.certificates.set(backend.port, sha256);
    await bed.registry.redeem(name, place, endsAt);
  }
  const [idle, busy, stalled, mute] = [
    await bed.dial(name),
    await bed.dial(name),
    await bed.dial(name),
    await bed.dial(name),
  ];
  idle.write('hello');
  await once(idle, 'data');
  busy.write('pump');
  await once(busy, 'data');
  busy.resume();
  stalled.write('pump');
  await once(stalled, 'data');
  stalled.pause();
  // Until nothing moves any more: every buffer on its way is full.
  for (let before = -1; before !== stalled.bytesRead;) {
    before = stalled.bytesRead;
    await sleep(100);
  }
  expect(bed.front.connectionsOf(name)).toBe(3);
  return { name, backend, idle: idle.resume(), busy, stalled, mute };
}

const ENDS: {
  how: string;
  cause: string;
  classic?: true;
  endsAt?: number;
  end: (bed: Bed, name: string) => unknown;
}[] = [
  {
    how: 'it is given back',
    cause: 'destroyed',
    end: ({ registry }, name) => registry.end(name, 'destroyed'),
  },
  { how: 'it is evicted', cause: 'evicted', end: ({ registry }, name) => registry.end(name, 'evicted') },
  {
    how: 'the feeder reports the end of its job',
    cause: 'job-ended',
    end: ({ registry }) => registry.reportJobs(new Map([['17', { state: 'ended', outcome: 'cancelled' }]])),
  },
  {
    how: 'its job’s time is up',
    cause: 'time-is-up',
    endsAt: Date.parse('2026-03-01T14:00:00Z'),
    end: ({ clock }) => clock.leap(2 * HOUR + 5 * 60_000 + 10_000),
  },
  {
    how: 'nobody said when its job ends, after 49 hours',
    cause: 'time-is-up',
    end: ({ clock }) => clock.leap(49 * HOUR + 5 * 60_000 + 10_000),
  },
  {
    how: 'another certificate is proven at its address and port',
    cause: 'replaced',
    async end({ registry, backends, reserve }, name) {
      const session = registry.lookup(name);
      if (session?.phase !== 'ready') throw new Error('not ready');
      const another = 'd'.repeat(64);
      backends.certificates.set(session.backend.port, another);
      await registry.redeem(await reserve(another), session.backend);
    },
  },
  {
    how: 'its tether closes',
    cause: 'backend-gone',
    classic: true,
    async end({ backends }) {
      backends.tethers[0]!.close();
      await settled();
    },
  },
  {
    how: 'a classic one is given back',
    cause: 'destroyed',
    classic: true,
    end: ({ registry }, name) => registry.end(name, 'destroyed'),
  },
];

describe("a session's connections are cut at once when", () => {
  it.for(ENDS)('$how', async ({ cause, end, ...how }) => {
    const bed = await startBed();
    const { name, backend, idle, busy, stalled, mute } = await busySession(bed, how);
    const behind = [...backend.connections];
    expect(behind).toHaveLength(3);
    let endedAt = 0;
    bed.registry.onEnded(() => (endedAt = performance.now()));
    await end(bed, name);
    expect(bed.registry.lookup(name)).toMatchObject({ phase: 'ended', cause });
    await Promise.all([closed(idle), closed(busy), ...behind.map((socket) => closed(socket))]);
    expect(performance.now() - endedAt).toBeLessThan(AT_ONCE_MS);
    expect(bed.front.connectionsOf(name)).toBe(0);
    // Who reads again finds what was under way already, and the end.
    await closed(stalled.resume());
    // One that had not spoken yet reaches Jupyter no more.
    expect(await exchange(mute, get(`${name}.${DOMAIN}`))).toMatch(/^HTTP\/1\.1 404 /);
    expect(backend.connections.size).toBe(0);
  });

  it('its backend is just being connected to', async () => {
    const bed = await startBed();
    const taken = new Set<Socket>();
    const heard: Buffer[] = [];
    const silent = createServer((socket) => {
      taken.add(socket.on('error', () => undefined).on('data', (bytes) => heard.push(bytes)));
    });
    const port = await listen(silent);
    closers.push(() => closeServer(silent, taken));
    const name = await bed.reserve('a'.repeat(64));
    bed.backends.certificates.set(port, 'a'.repeat(64));
    await bed.registry.redeem(name, { address: '127.0.0.1', port });
    const opening = await bed.dial(name);
    opening.resume().write(get(`${name}.${DOMAIN}`, '/?token=secret'));
    while (taken.size === 0) await sleep(5);
    expect(bed.front.connectionsOf(name)).toBe(1);
    const start = performance.now();
    await bed.registry.end(name, 'destroyed');
    await Promise.all([closed(opening), closed([...taken][0]!)]);
    expect(performance.now() - start).toBeLessThan(AT_ONCE_MS);
    expect(bed.front.connectionsOf(name)).toBe(0);
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('secret');
  });
});

describe('a page', () => {
  it('whose request is under way when its session ends tells the truth', async () => {
    const bed = await startBed();
    const name = await bed.reserve('a'.repeat(64));
    const host = `${name}.${DOMAIN}`;
    const request = get(host, `/api?token=${encodeURIComponent(TOKEN)}`);
    expect(await exchange(await bed.dial(name), request)).toMatch(/^HTTP\/1\.1 503 /);
    const slow = await bed.dial(name);
    slow.write(request.slice(0, 20));
    await sleep(50);
    // 30 days after its job was linked.
    await bed.clock.leap(30 * 24 * HOUR + 10_000);
    expect(bed.registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'expired' });
    expect(await exchange(slow, request.slice(20))).toMatch(/^HTTP\/1\.1 410 /);
  });
});

describe('the end of one session', () => {
  it('leaves every other one alone', async () => {
    const bed = await startBed();
    const [one, other] = [await busySession(bed), await busySession(bed)];
    await bed.registry.end(one.name, 'destroyed');
    await closed(one.idle);
    other.idle.write('more');
    await sleep(100);
    expect([other.idle.destroyed, other.busy.destroyed, other.stalled.destroyed]).toEqual([
      false,
      false,
      false,
    ]);
    expect(bed.front.connectionsOf(other.name)).toBe(3);
  });
});
