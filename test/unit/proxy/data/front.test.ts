import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_HEADER } from '../../../../src/satellite/protocol.js';
import {
  closed,
  createBackend,
  createStage,
  DOMAIN,
  exchange,
  get,
  readySession,
  type Stage,
} from './stage.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sj-front-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function installed(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((place) => existsSync(join(place, tool)));
}

/** Python says whether TLS was ended in order, which Node and curl overlook. */
const READ_TO_THE_END = `import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
plain = socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=10)
secure = context.wrap_socket(plain, server_hostname=sys.argv[3], suppress_ragged_eofs=False)
secure.sendall(b"hello")
try:
    while secure.recv(1000): pass
    print("whole", end="")
except (ssl.SSLEOFError, ConnectionResetError):
    print("broken", end="")`;

const answer = (text: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`;

describe('the front', () => {
  let stage: Stage;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    stage = await createStage();
    writeFileSync(join(folder, 'ca.pem'), stage.ca);
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    stage.sessions.clear();
    stage.controlSeen.length = 0;
    stage.logged.length = 0;
  });
  afterAll(() => stage.close());

  async function backend(...parameters: Parameters<typeof createBackend>) {
    const made = await createBackend(...parameters);
    closers.push(made.close);
    return made;
  }

  /** Serves a name with a backend that says who it is. */
  async function serve(name: string, pinned = true) {
    const made = await backend(pinned, (socket) => socket.once('data', () => socket.end(answer(name))));
    stage.sessions.set(name, readySession(name, made));
    return made;
  }

  describe('sends a connection where its server name says', () => {
    it.for([true, false])('to the session of that name, pinned: %s', async (pinned) => {
      await serve('one-two-three', pinned);
      await serve('four-five-six', pinned);
      for (const name of ['one-two-three', 'four-five-six']) {
        const socket = await stage.connect(`${name}.${DOMAIN}`);
        expect(await exchange(socket, get(`${name}.${DOMAIN}`))).toBe(answer(name));
      }
    });

    it('in capitals, and with a trailing dot', async () => {
      await serve('one-two-three');
      for (const name of [`One-TWO-three.${DOMAIN.toUpperCase()}`, `one-two-three.${DOMAIN}.`]) {
        const socket = await stage.connect(name);
        expect(await exchange(socket, get(name))).toBe(answer('one-two-three'));
      }
    });

    it('and not by the Host header: another Host reaches the same session only', async () => {
      await serve('one-two-three');
      const other = await serve('four-five-six');
      const socket = await stage.connect(`one-two-three.${DOMAIN}`);
      expect(await exchange(socket, get(`four-five-six.${DOMAIN}`))).toBe(answer('one-two-three'));
      expect(other.heard()).toBe('');
    });

    it.for([
      `one-two-three.${DOMAIN}..`,
      `one-two-three.evil.${DOMAIN}`,
      `one-two-three.${DOMAIN}.example.org`,
      'one-two-three.example.org',
      `one-two-three-.${DOMAIN}`,
      `one_two_three.${DOMAIN}`,
      DOMAIN,
      'one-two-three',
      '',
    ])('%j is nobody’s', async (name) => {
      const made = await serve('one-two-three');
      const socket = await stage.connect(name);
      const text = await exchange(socket, get(name === '' ? `one-two-three.${DOMAIN}` : name));
      // A second trailing dot stays in the connection's name, which then differs from the Host header's.
      expect(text).toMatch(/^HTTP\/1\.1 (404|421) /);
      expect(text).toContain(`${PAGE_HEADER}: 1`);
      expect(made.heard()).toBe('');
    });

    it('control for the management host, whose connection reaches no session', async () => {
      const made = await serve('one-two-three');
      const socket = await stage.connect(`manage.${DOMAIN}`);
      const text = await exchange(socket, get(`one-two-three.${DOMAIN}`, '/', 'Connection: close\r\n'));
      expect(text).toContain('control');
      expect(made.heard()).toBe('');
    });

    it('and a session’s connection reaches control by no Host', async () => {
      const socket = await stage.connect(`one-two-three.${DOMAIN}`);
      expect(await exchange(socket, get(`manage.${DOMAIN}`))).toMatch(/^HTTP\/1\.1 421 /);
      await serve('one-two-three');
      const ready = await stage.connect(`one-two-three.${DOMAIN}`);
      expect(await exchange(ready, get(`manage.${DOMAIN}`))).toBe(answer('one-two-three'));
      expect(stage.controlSeen).toEqual([]);
    });
  });

  describe('speaks', () => {
    it('HTTP/1.1 alone, whatever else is offered', async () => {
      const both = await stage.connect(`one-two-three.${DOMAIN}`, { ALPNProtocols: ['h2', 'http/1.1'] });
      expect(both.alpnProtocol).toBe('http/1.1');
      both.destroy();
      await expect(stage.connect(`one-two-three.${DOMAIN}`, { ALPNProtocols: ['h2'] })).rejects.toThrow();
    });

    it.for(['TLSv1.2', 'TLSv1.3'] as const)('%s without ever resuming', async (version) => {
      await serve('one-two-three');
      const options = { minVersion: version, maxVersion: version };
      const first = await stage.connect(`one-two-three.${DOMAIN}`, options);
      let session: Buffer | undefined = first.getSession();
      first.on('session', (given: Buffer) => (session = given));
      await exchange(first, get(`one-two-three.${DOMAIN}`));
      const second = await stage.connect(`one-two-three.${DOMAIN}`, { ...options, session });
      expect(second.isSessionReused()).toBe(false);
      expect(await exchange(second, get(`one-two-three.${DOMAIN}`))).toBe(answer('one-two-three'));
    });

    it('no TLS 1.1', async () => {
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
      await expect(stage.connect(`one-two-three.${DOMAIN}`, old)).rejects.toThrow();
    });
  });

  describe('keeps to the pinned certificate', () => {
    it('sends not a byte to another, even when the browser spoke first', async () => {
      const squatter = await backend(true);
      const genuine = await backend(true);
      stage.sessions.set('one-two-three', {
        ...readySession('one-two-three', squatter),
        certificateSha256: genuine.certificate!.sha256,
      });
      const socket = await stage.connect(`one-two-three.${DOMAIN}`);
      const secret = get(`one-two-three.${DOMAIN}`, '/?token=secret');
      const text = await exchange(socket, secret);
      expect(text).toMatch(/^HTTP\/1\.1 502 /);
      expect(text).toContain(`${PAGE_HEADER}: 1`);
      await sleep(50);
      expect(squatter.heard()).toBe('');
      expect(stage.logged).toMatchObject([
        { event: 'backend-refused', fields: { session: 'one-two-three', refused: 'certificate-mismatch' } },
      ]);
      expect(JSON.stringify(stage.logged)).not.toContain('secret');
    });

    it('answers 502 where nobody listens, or no TLS is spoken', async () => {
      const made = await serve('one-two-three');
      await made.close();
      const plain = await backend(false, (socket) => socket.once('data', () => socket.end(answer('plain'))));
      const silent = await stage.connect(`one-two-three.${DOMAIN}`);
      expect(await exchange(silent, get(`one-two-three.${DOMAIN}`))).toMatch(/^HTTP\/1\.1 502 /);
      stage.sessions.set('one-two-three', {
        ...readySession('one-two-three', { ...made, port: plain.port }),
      });
      const other = await stage.connect(`one-two-three.${DOMAIN}`);
      expect(await exchange(other, get(`one-two-three.${DOMAIN}`))).toMatch(/^HTTP\/1\.1 502 /);
      expect(plain.heard()).not.toContain('GET');
    });
  });

  describe('opens and closes', () => {
    it('one connection to the backend a browser’s, at its first byte', async () => {
      const made = await serve('one-two-three');
      const socket = await stage.connect(`one-two-three.${DOMAIN}`);
      await sleep(50);
      expect(made.connections.size).toBe(0);
      await exchange(socket, get(`one-two-three.${DOMAIN}`));
    });

    it.for([
      { what: 'idle', busy: false, pinned: true },
      { what: 'busy', busy: true, pinned: true },
      { what: 'idle', busy: false, pinned: false },
      { what: 'busy', busy: true, pinned: false },
    ])(
      'cuts an $what connection at once when its session ends, pinned: $pinned',
      async ({ busy, pinned }) => {
        const made = await backend(pinned, (socket) => {
          const pump = () => {
            while (!socket.destroyed && socket.write(Buffer.alloc(65536)));
          };
          socket.once('data', () => socket.write('x'));
          if (busy) socket.on('drain', pump).once('data', pump);
        });
        stage.sessions.set('one-two-three', readySession('one-two-three', made));
        const socket = await stage.connect(`one-two-three.${DOMAIN}`);
        socket.on('error', () => undefined);
        socket.write('hello');
        await once(socket, 'data');
        if (busy) socket.pause();
        else socket.resume();
        const other = [...made.connections][0]!;
        const start = performance.now();
        stage.end('one-two-three');
        if (busy) socket.resume();
        await Promise.all([closed(socket), closed(other)]);
        expect(performance.now() - start).toBeLessThan(100);
      },
    );

    it('serves an ended session to nobody, though another listens on its port', async () => {
      const made = await serve('one-two-three', false);
      stage.end('one-two-three');
      await made.close();
      const squatter = await backend(false, (socket) => socket.end(answer('squatter')), {
        port: made.port,
      });
      const socket = await stage.connect(`one-two-three.${DOMAIN}`);
      expect(await exchange(socket, get(`one-two-three.${DOMAIN}`))).toMatch(/^HTTP\/1\.1 404 /);
      expect(squatter.connections.size).toBe(0);
      expect(squatter.heard()).toBe('');
    });

    it.for([true, false])(
      'lets an answer finish for a browser that has said its end, pinned: %s',
      async (pinned) => {
        const made = await backend(pinned, (socket) => {
          let ended = false;
          socket.on('end', () => (ended = true));
          socket.once('data', () => {
            setTimeout(() => socket.end(answer(`ended: ${ended}`)), 100);
          });
        });
        stage.sessions.set('one-two-three', readySession('one-two-three', made));
        const socket = await stage.connect(`one-two-three.${DOMAIN}`, { allowHalfOpen: true } as object);
        const reading = exchange(socket, get(`one-two-three.${DOMAIN}`));
        socket.end();
        expect(await reading).toBe(answer('ended: false'));
      },
    );

    it('breaks off where the backend broke off, so that half an answer is not taken for the whole', async (context) => {
      if (!installed('python3')) context.skip('python3, which tells the two apart, is not installed here');
      let breakOff = false;
      const made = await backend(false, (socket) =>
        socket.once('data', () => {
          socket.write('half', () => {
            if (breakOff) setTimeout(() => socket.resetAndDestroy(), 50);
            else socket.end();
          });
        }),
      );
      stage.sessions.set('one-two-three', readySession('one-two-three', made));
      const read = async () => {
        const parameters = [join(folder, 'ca.pem'), String(stage.port), `one-two-three.${DOMAIN}`];
        return (await run('python3', ['-c', READ_TO_THE_END, ...parameters])).stdout;
      };
      expect(await read()).toBe('whole');
      breakOff = true;
      expect(await read()).toBe('broken');
    });

    it('closes the backend’s connection when the browser is gone', async () => {
      const made = await backend(true, (socket) => socket.once('data', () => socket.write('x')));
      stage.sessions.set('one-two-three', readySession('one-two-three', made));
      const wire = createConnection(stage.port, '127.0.0.1');
      const socket = await stage.connect(`one-two-three.${DOMAIN}`, { socket: wire });
      socket.on('error', () => undefined).write('hello');
      await once(socket, 'data');
      const [other] = made.connections;
      wire.resetAndDestroy();
      await closed(other!);
    });
  });
});
