/** Asks a running proxy that was started with `--inspect` for its heap, after a forced collection. */
import { WebSocket } from 'undici';
import type { RunningProxy } from './proxy-home.js';

/** Node's own options; the port is any free one. */
export const INSPECTED = ['--inspect=127.0.0.1:0'];

export interface Inspector {
  /** Bytes of live objects, after everything else was collected. */
  heapUsed(): Promise<number>;
  close(): void;
}

interface Answer {
  id: number;
  result?: { usedSize?: number };
  error?: { message: string };
}

export async function inspect(proxy: RunningProxy): Promise<Inspector> {
  const url = /ws:\/\/\S+/.exec(proxy.stderr())?.[0];
  if (url === undefined) throw new Error(`The proxy has no inspector: ${proxy.stderr()}`);
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`Cannot connect to ${url}`)));
  });
  const ended = new Promise<never>((_resolve, reject) => {
    socket.addEventListener('close', () => reject(new Error('The inspected proxy ended')));
  });
  ended.catch(() => undefined);
  let last = 0;
  const ask = (method: string): Promise<number | undefined> => {
    const answered = new Promise<number | undefined>((resolve, reject) => {
      const id = ++last;
      const hear = ({ data }: { data: unknown }): void => {
        const answer = JSON.parse(String(data)) as Answer;
        if (answer.id !== id) return;
        socket.removeEventListener('message', hear);
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
        else resolve(answer.result?.usedSize);
      };
      socket.addEventListener('message', hear);
      socket.send(JSON.stringify({ id, method }));
    });
    return Promise.race([answered, ended]);
  };
  return {
    async heapUsed() {
      // Twice: what has a finalizer is gone at the second.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      const used = await ask('Runtime.getHeapUsage');
      if (used === undefined) throw new Error('The inspector does not say how large the heap is');
      return used;
    },
    close: () => socket.close(),
  };
}
