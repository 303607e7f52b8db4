// Programs pinned to a core, and what they cost: processor time and memory of a process and all its descendants.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The load and the backends on one, what is measured on the other. */
export const LOAD_CORE = 0;
export const PROXY_CORE = 1;
const STARTS_MS = 180_000;
const MS_A_TICK = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** This process and what it starts from now on. */
export function pinSelf() {
  execFileSync('taskset', ['-a', '-p', '-c', String(LOAD_CORE), String(process.pid)]);
}

/** `{pid, said, closed, stop}`; what it writes to stderr is kept for the message when something goes wrong. */
export function start(core, command, { env = {}, stdout = 'ignore' } = {}) {
  // As many descriptors as may be had.
  const limits = [
    'sh',
    '-c',
    'ulimit -n "$(ulimit -H -n)" && exec "$@"',
    'sh',
    'taskset',
    '-c',
    String(core),
  ];
  const [file, ...args] = [...limits, ...command];
  const child = spawn(file, args, { stdio: ['ignore', stdout, 'pipe'], env: { ...process.env, ...env } });
  let text = '';
  child.stderr.on('data', (data) => (text = (text + data).slice(-4000)));
  let ended = false;
  const closed = new Promise((resolve) => child.once('close', resolve)).then(() => (ended = true));
  return {
    pid: child.pid,
    child,
    said: () => text,
    closed,
    ended: () => ended,
    async stop() {
      const all = tree(child.pid);
      child.kill('SIGTERM');
      const late = setTimeout(() => all.forEach((pid) => kill(pid)), 5000);
      await closed;
      clearTimeout(late);
    },
  };
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Resolves once a port is listened on; rejects with the program's own words when it ended before. */
export async function untilListening(program, port) {
  const end = Date.now() + STARTS_MS;
  while (!(await reachable(port))) {
    if (program.ended() || Date.now() > end) throw new Error(`Nobody listens on ${port}:\n${program.said()}`);
    await sleep(20);
  }
}

function reachable(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** A port that the system chose, for programs that cannot ask for one. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A process and its descendants. */
function tree(pid) {
  const childrenOf = new Map();
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? statOf(entry) : undefined;
    if (fields) childrenOf.set(fields.parent, [...(childrenOf.get(fields.parent) ?? []), Number(entry)]);
  }
  const found = [pid];
  for (const one of found) found.push(...(childrenOf.get(one) ?? []));
  return found;
}

function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].map((field) => Number(fields[field])).reduce((sum, one) => sum + one);
    return { parent: Number(fields[1]), ms: ticks * MS_A_TICK };
  } catch {
    return undefined;
  }
}

/** User and system time since the start, in milliseconds, of the living and of children that have ended. */
export function processorMs({ pid }) {
  return tree(pid).reduce((sum, one) => sum + (statOf(one)?.ms ?? 0), 0);
}

/** Resident KiB; what processes share is counted once. */
export function residentKiB({ pid }) {
  return tree(pid).reduce((sum, one) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return sum;
    }
  }, 0);
}
