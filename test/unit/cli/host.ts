/** A process to run the program in: what it writes is kept, and its signals are sent by hand. */
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { Host } from '../../../src/cli/host.js';
import { runProgram } from '../../../src/cli/program.js';

/** Takes what is written; as a terminal it can do what spinners ask of one. */
export class FakeStream extends PassThrough {
  text = '';
  columns = 80;
  isTTY: boolean;

  constructor(terminal = false, { kept = true } = {}) {
    super();
    this.isTTY = terminal;
    if (kept) this.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }

  cursorTo(): boolean {
    return true;
  }
  moveCursor(): boolean {
    return true;
  }
  clearLine(): boolean {
    return this.write('\r');
  }
}

export const packageRoot = pathToFileURL(join(import.meta.dirname, '../../..', '/'));

export interface FakeHost extends Host {
  /** What is written to it was typed. */
  stdin: Host['stdin'] & FakeStream;
  stdout: Host['stdout'] & FakeStream;
  stderr: Host['stderr'] & FakeStream;
  /** As Ctrl-C does. */
  interrupt(): void;
}

export function fakeHost(
  facts: Partial<Pick<Host, 'env' | 'cwd' | 'platform'>> & { terminal?: boolean } = {},
): FakeHost {
  const { terminal = false, ...rest } = facts;
  const listeners: ((name: NodeJS.Signals) => void)[] = [];
  return {
    env: {},
    cwd: process.cwd(),
    platform: process.platform,
    umask: 0o022,
    packageRoot,
    held: { warnings: [], info: {} },
    ...rest,
    stdin: new FakeStream(terminal, { kept: false }) as unknown as FakeHost['stdin'],
    stdout: new FakeStream(terminal) as unknown as FakeHost['stdout'],
    stderr: new FakeStream(terminal) as unknown as FakeHost['stderr'],
    onSignal: (listener) => void listeners.push(listener),
    interrupt: () => {
      for (const listener of listeners) listener('SIGINT');
    },
  };
}

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

export async function outcomeOf(args: readonly string[], host: FakeHost): Promise<Outcome> {
  const status = await runProgram(args, host);
  await new Promise(setImmediate);
  return { status, stdout: host.stdout.text, stderr: host.stderr.text };
}
