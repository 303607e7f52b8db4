/** One builder of an environment at a time, on every login node of a cluster that shares the file system. */
import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, readlink, rm, utimes, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { interrupted } from '../words/interrupted.js';

/** Who holds a lock, as its file says it. */
export interface Holder {
  host: string;
  /** Also tells containers and boots apart: only there does the number of the process mean anything. */
  machine: string;
  pid: number;
  /** ISO 8601, by that host's clock. */
  since: string;
  /** What it makes: half of it stays when it is killed. */
  making: string;
  nonce: string;
}

export interface LockOptions {
  signal: AbortSignal;
  making: string;
  /** Whether what is to be made is there: then no lock is needed any more. */
  settled: () => Promise<boolean>;
  /** Called once for each holder that is waited for; undefined: which is not known yet. */
  waiting: (holder: Holder | undefined) => void;
  /** For tests. */
  times?: { beatMs: number; abandonedMs: number; pollMs: number };
}

export interface Lock {
  /** What a holder that is no more left half made. */
  leftovers: readonly string[];
  release(): Promise<void>;
}

/** NFS shows a change after a minute at the latest. */
const TIMES = { beatMs: 10_000, abandonedMs: 150_000, pollMs: 1_000 };

/**
 * Takes the lock `path`, or waits for its holder; undefined when in the meantime nothing is left to do. A lock is a file
 * `path.lock.N` that its holder touches again and again. One that nobody touches any more, or whose process is known to be
 * gone, is abandoned: whoever makes the file of the next number first has the lock then, so that two cannot both take it
 * over. Exclusive making of a file works on NFS; clocks of different hosts are not compared.
 *
 * In the worst case (a holder that sleeps for minutes and wakes up) two hold it. So what is made has a place of its own each
 * time, and the lock only saves work.
 */
export async function takeLock(path: string, options: LockOptions): Promise<Lock | undefined> {
  const { signal, settled, waiting, times = TIMES } = options;
  const leftovers: string[] = [];
  let toldOf: string | undefined;
  let seen: { number: number; mark: string; at: number } | undefined;
  for (;;) {
    if (signal.aborted) throw interrupted();
    if (await settled()) return undefined;
    const top = await latest(path);
    if (top === undefined) {
      if (!(await claim(path, 1, options.making))) continue;
      return unlessSettled(held(path, 1, leftovers, times.beatMs), settled);
    }
    const mark = `${top.holder?.nonce ?? ''} ${top.touched}`;
    const now = performance.now();
    if (seen?.number !== top.number || seen.mark !== mark) seen = { number: top.number, mark, at: now };
    if (now - seen.at > times.abandonedMs || (await isGone(top.holder))) {
      if (!(await claim(path, top.number + 1, options.making))) continue;
      if (top.holder) leftovers.push(top.holder.making);
      return unlessSettled(held(path, top.number + 1, leftovers, times.beatMs), settled);
    }
    const whom = top.holder?.nonce ?? '';
    if (toldOf !== whom) waiting(top.holder);
    toldOf = whom;
    await delay(times.pollMs, undefined, { signal }).catch(() => undefined);
  }
}

async function claim(path: string, number: number, making: string): Promise<boolean> {
  const holder: Holder = {
    host: hostname(),
    machine: await machine(),
    pid: process.pid,
    since: new Date().toISOString(),
    making,
    nonce: randomBytes(8).toString('hex'),
  };
  let file: FileHandle;
  try {
    file = await open(nameOf(path, number), 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.writeFile(JSON.stringify(holder)).finally(() => file.close());
    return true;
  } catch (error) {
    // A full disk: nobody shall wait for it.
    await rm(nameOf(path, number), { force: true });
    throw error;
  }
}

/** Since it was asked last, somebody may have done the work and given the lock back. */
async function unlessSettled(lock: Lock, settled: LockOptions['settled']): Promise<Lock | undefined> {
  if (!(await settled())) return lock;
  await lock.release();
  return undefined;
}

function held(path: string, number: number, leftovers: readonly string[], beatMs: number): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(nameOf(path, number), now, now).catch(() => undefined);
  }, beatMs);
  return {
    leftovers,
    async release() {
      clearInterval(beat);
      // The own one last: without it nobody looks at those before.
      for (const { number: other } of await numbers(path))
        if (other < number) await rm(nameOf(path, other), { force: true });
      await rm(nameOf(path, number), { force: true });
    },
  };
}

async function latest(
  path: string,
): Promise<{ number: number; holder: Holder | undefined; touched: number } | undefined> {
  const top = (await numbers(path)).at(-1);
  if (top === undefined) return undefined;
  try {
    // Opened, because NFS looks at a file anew then.
    const file = await open(nameOf(path, top.number), 'r');
    try {
      const { mtimeMs } = await file.stat();
      return { ...top, holder: parseHolder(await file.readFile('utf8')), touched: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return latest(path);
    throw error;
  }
}

/** In their order. */
async function numbers(path: string): Promise<{ number: number }[]> {
  const prefix = `${basename(path)}.lock.`;
  return (await readdir(dirname(path)))
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ number: Number(name.slice(prefix.length)) }))
    .filter(({ number }) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a.number - b.number);
}

function nameOf(path: string, number: number): string {
  return join(dirname(path), `${basename(path)}.lock.${number}`);
}

/** Undefined while it is being written, or when its holder was killed just then. */
function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether its process is surely no more. */
async function isGone(holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined || holder.machine !== (await machine())) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** This host since its start, and its processes as they are seen from here. Empty where that cannot be told. */
async function machine(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const processes = await readlink('/proc/self/ns/pid').catch(() => '');
  return boot === '' || processes === ''
    ? `unknown ${randomBytes(8).toString('hex')}`
    : `${boot.trim()} ${processes}`;
}
