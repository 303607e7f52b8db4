import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { openPinned, verifyBackend, type BackendFault } from '../../../../src/proxy/data/backend.js';
import { openTether } from '../../../../src/proxy/data/tether.js';
import { closed, createBackend, type TestBackend } from './stage.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function backend(...parameters: Parameters<typeof createBackend>) {
  const made = await createBackend(...parameters);
  closers.push(made.close);
  return made;
}

const at = ({ port }: TestBackend) => ({ address: '127.0.0.1', port });
const patience = () => AbortSignal.timeout(5000);

describe('verifyBackend', () => {
  it('is content with the announced certificate, and writes nothing', async () => {
    const made = await backend(true);
    await verifyBackend(at(made), made.certificate!.sha256, patience());
    expect(made.heard()).toBe('');
  });

  it('tells another certificate from nobody there', async () => {
    const made = await backend(true);
    const other = await backend(true);
    await expect(verifyBackend(at(made), other.certificate!.sha256, patience())).rejects.toMatchObject({
      code: 'certificate-mismatch',
      message: expect.stringContaining(`127.0.0.1:${made.port}`) as string,
    });
    await made.close();
    await expect(verifyBackend(at(made), made.certificate!.sha256, patience())).rejects.toMatchObject({
      code: 'backend-unreachable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('takes one that speaks no TLS for unreachable', async () => {
    const made = await backend(false, (socket) => socket.end('no TLS here'));
    await expect(verifyBackend(at(made), 'ab'.repeat(32), patience())).rejects.toMatchObject({
      code: 'backend-unreachable',
    });
  });

  it('gives up when it is told to, and leaves no connection behind', async () => {
    const made = await backend(false);
    const verifying = verifyBackend(at(made), 'ab'.repeat(32), AbortSignal.timeout(100));
    await expect(verifying).rejects.toMatchObject({ code: 'backend-unreachable' });
    await Promise.all([...made.connections].map(closed));
  });
});

describe('a pinned connection', () => {
  /** What reaches `onread` of a backend that speaks before it is spoken to. */
  async function heardOf(pinOf: (made: TestBackend) => string) {
    const made = await backend(true, (socket) => socket.write('I speak first'));
    const heard: string[] = [];
    const take = (count: number, bytes: Uint8Array) => {
      heard.push(Buffer.from(bytes.subarray(0, count)).toString());
      return true;
    };
    const onread = { buffer: Buffer.alloc(1024), callback: take };
    const fault = await new Promise<BackendFault | undefined>((resolve) => {
      const socket = openPinned(at(made), pinOf(made), resolve, onread);
      closers.push(() => Promise.resolve(void socket.destroy()));
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { heard: heard.join(''), code: fault?.code };
  }

  it('hands over what the holder of the certificate says', async () => {
    const { heard, code } = await heardOf((made) => made.certificate!.sha256);
    expect({ heard, code }).toEqual({ heard: 'I speak first', code: undefined });
  });

  it('hands over nothing of somebody else', async () => {
    const { heard, code } = await heardOf(() => 'ab'.repeat(32));
    expect({ heard, code }).toEqual({ heard: '', code: 'certificate-mismatch' });
  });
});

describe('a tether', () => {
  it('asks for nothing that needs a token, and tells when the backend goes', async () => {
    let asked: Promise<unknown> = Promise.resolve();
    const made = await backend(false, (socket) => {
      asked = once(socket, 'data');
    });
    const tether = await openTether(at(made), new AbortController().signal);
    await asked;
    expect(made.heard()).toMatch(/^GET \/api HTTP\/1\.1\r\n/);
    let gone = false;
    void tether.closed.then(() => (gone = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gone).toBe(false);
    for (const socket of made.connections) socket.destroy();
    await tether.closed;
  });

  it('is given up when the backend does not stop talking', async () => {
    const made = await backend(false, (socket) => {
      const talk = () => {
        if (socket.writable) socket.write(Buffer.alloc(64 * 1024), talk);
      };
      talk();
    });
    const tether = await openTether(at(made), new AbortController().signal);
    await tether.closed;
    await Promise.all([...made.connections].map(closed));
  });

  it('stands when the backend answers with a large page', async () => {
    const made = await backend(false, (socket) => socket.write(Buffer.alloc(512 * 1024)));
    const tether = await openTether(at(made), new AbortController().signal);
    let gone = false;
    void tether.closed.then(() => (gone = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(gone).toBe(false);
  });

  it('is let go by its signal', async () => {
    const made = await backend(false);
    const letGo = new AbortController();
    const tether = await openTether(at(made), letGo.signal);
    letGo.abort();
    await tether.closed;
    await Promise.all([...made.connections].map(closed));
  });

  it('is not opened where nobody listens, or after its signal', async () => {
    const made = await backend(false);
    await expect(openTether(at(made), AbortSignal.abort())).rejects.toMatchObject({
      code: 'backend-unreachable',
    });
    await made.close();
    await expect(openTether(at(made), new AbortController().signal)).rejects.toMatchObject({
      code: 'backend-unreachable',
    });
  });
});
