/** The main thread's side: asks the database's thread, all that waits at once. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from '../operation/log.js';
import type { Answer, FromThread, Request, ToThread } from './messages.js';
import { cannotUse, DamagedError } from './refusals.js';
import { WORKER_FILE } from './worker-file.js';

/** A disk that says nothing for so long is given up: a request may have been carried out then, or will be. */
const ANSWER_MS = 30_000;
const CLOSE_MS = 30_000;

export interface StoreThread {
  /** Rejects when the request was not carried out, and when that cannot be told. */
  ask(request: Request): Promise<Answer>;
  /** Resolves when what was asked is answered and the database is closed. */
  close(): Promise<void>;
}

interface Asked {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

export interface ThreadSettings {
  log: Log;
  /** Called once when the thread has stopped without being asked to: nothing is stored any more. */
  onDead?: (error: Error) => void;
  /** The thread's program. */
  program?: string | URL;
  answerMs?: number;
}

/** Opens the database in a thread. Throws StartJupyterError 'bad-store' when it cannot be used. */
export async function startThread(file: string, settings: ThreadSettings): Promise<StoreThread> {
  const worker = new Worker(settings.program ?? WORKER_FILE, { name: 'store', workerData: file });
  const [first] = (await once(worker, 'message')) as [FromThread];
  if ('refused' in first) {
    await worker.terminate();
    throw cannotUse(file, first.refused);
  }
  return conversation(worker, settings);
}

function conversation(worker: Worker, { log, onDead, answerMs = ANSWER_MS }: ThreadSettings): StoreThread {
  let waiting: Asked[] = [];
  let asked: Asked[] = [];
  let dead: Error | undefined;
  let closing = false;
  const post = (message: ToThread): void => worker.postMessage(message);

  function next(): void {
    if (asked.length > 0) return;
    [asked, waiting] = [waiting, []];
    if (asked.length > 0) post({ requests: asked.map(({ request }) => request) });
    else if (closing) post({ close: true });
  }

  worker.on('message', (message: FromThread) => {
    const answered = asked;
    asked = [];
    if ('answers' in message) answered.forEach(({ resolve }, at) => resolve(message.answers[at] ?? null));
    if ('failed' in message) {
      const error = message.damaged ? new DamagedError(message.failed) : new Error(message.failed);
      answered.forEach(({ reject }) => reject(error));
    }
    next();
  });
  worker.once('error', (error: Error) => die(error.message));
  worker.once('exit', () => die('it ended'));

  function die(why: string): void {
    if (dead) return;
    dead = new Error(`The thread of the store has stopped: ${why}`);
    if (!closing) {
      log('store-failed', { error: dead.message });
      onDead?.(dead);
    }
    for (const { reject } of [...asked, ...waiting]) reject(dead);
    [asked, waiting] = [[], []];
  }

  function ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (dead) {
        reject(dead);
        return;
      }
      const one: Asked = { request, resolve: settled(resolve), reject: settled(reject) };
      const timer = setTimeout(() => {
        waiting = waiting.filter((other) => other !== one);
        reject(new Error(`The disk of the store did not answer for ${answerMs / 1000} s.`));
      }, answerMs);
      function settled<T>(settle: (value: T) => void) {
        return (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      }
      waiting.push(one);
      next();
    });
  }

  async function close(): Promise<void> {
    if (dead) return;
    closing = true;
    const ended = once(worker, 'exit', { signal: AbortSignal.timeout(CLOSE_MS) });
    next();
    // Whatever goes wrong now: what was acknowledged is on disk.
    await ended.catch((error: unknown) => log('store-failed', { error: String(error) }));
    await worker.terminate();
  }

  return { ask, close };
}
