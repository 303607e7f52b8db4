/** The curious neighbour on a compute node: takes ports that are not theirs and keeps what it is sent there. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { identity } from './identity.js';
import type { Running } from './processes.js';
import { startAs, type User } from './users.js';

const PROGRAM = readFileSync(fileURLToPath(new URL('squatter.py', import.meta.url)), 'utf8');

export interface Squatter {
  /** Resolves when it has got the port: it waits for one that is taken. */
  has(port: number, limitMs: number): Promise<void>;
  /** How often somebody connected. */
  connections(): number;
  /** Everything it was sent so far; with TLS what was inside. */
  received(): string;
  stop(): Promise<void>;
}

/** `tls`: with a certificate that anybody can make for themselves. */
export async function startSquatter(of: User, ports: readonly number[], tls: boolean): Promise<Squatter> {
  const file = tls ? (await identity('localhost', '127.0.0.1')).serverFile : '-';
  const command = ['/usr/bin/python3', '-c', PROGRAM, file, ...ports.map(String)];
  const running: Running = startAs(of, command);
  const lines = (word: string) =>
    running
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith(`${word} `));
  return {
    async has(port, limitMs) {
      await running.printed('stdout', new RegExp(`^listening ${port}$`, 'm'), limitMs);
    },
    connections: () => lines('connected').length,
    received: () =>
      lines('received')
        .map((line) => Buffer.from(line.split(' ')[2] ?? '', 'hex').toString('latin1'))
        .join(''),
    async stop() {
      running.signal('SIGKILL');
      await running.ended(10_000);
    },
  };
}
