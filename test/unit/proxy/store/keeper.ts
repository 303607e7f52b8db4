/** A store in a process of its own, which can be killed, traced, or put on a file system of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildStore } from '../../../../scripts/build-store.mjs';
import type { Session } from '../../../../src/proxy/registry/session.js';
import type { Store } from '../../../../src/proxy/registry/store.js';

const PROGRAM = fileURLToPath(new URL('./keeper.mjs', import.meta.url));

export interface Keeper {
  process: ChildProcess;
  /** What it was refused with, if it was. */
  refused: { code: string; message: string; hint: string } | undefined;
  /** What it calls rejects when the process dies. */
  store: Store;
  logged: { log: string; fields: Record<string, unknown> }[];
  /** Resolves when it is dead. */
  kill(): Promise<void>;
}

export interface KeeperFolders {
  /** Where test folders are put. */
  root: string;
  /** The store, bundled. */
  module: string;
  remove: () => void;
}

export async function keeperFolders(): Promise<KeeperFolders> {
  const root = mkdtempSync(join(tmpdir(), 'start-jupyter-store-'));
  const built = join(root, 'built');
  await buildStore(built);
  const remove = () => rmSync(root, { recursive: true, force: true });
  return { root, module: join(built, 'open-store.mjs'), remove };
}

/** With what runs it: killing strace alone would leave the process it traces. */
export function killAll(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `before`: the command line that runs node, such as strace's. `opening` is called at once with the process. */
export async function startKeeper(
  module: string,
  folder: string,
  { before = [], opening }: { before?: string[]; opening?: (child: ChildProcess) => void } = {},
): Promise<Keeper> {
  const [command = process.execPath, ...args]: string[] = [
    ...before,
    process.execPath,
    PROGRAM,
    module,
    folder,
  ];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  opening?.(child);
  child.stdin.on('error', () => undefined);
  const asked = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const logged: Keeper['logged'] = [];
  let ids = 0;
  let refused: Keeper['refused'];
  let begun = (): void => undefined;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as {
      id?: number;
      value?: unknown;
      error?: string;
      log?: string;
      fields?: Record<string, unknown>;
      refused?: Keeper['refused'];
    };
    if (said.log !== undefined) logged.push({ log: said.log, fields: said.fields ?? {} });
    else if (said.id === undefined) {
      refused = said.refused;
      begun();
    } else if (said.error === undefined) asked.get(said.id)?.resolve(said.value);
    else asked.get(said.id)?.reject(new Error(said.error));
  });
  void closed.then(() => {
    begun();
    for (const { reject } of asked.values()) reject(new Error('killed'));
  });
  const call = (name: keyof Store, ...values: unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      const id = ids++;
      asked.set(id, { resolve: resolve as (value: unknown) => void, reject });
      child.stdin.write(`${JSON.stringify({ id, call: name, args: values })}\n`);
    });
  await beginning;
  return {
    process: child,
    refused,
    logged,
    store: {
      load: () => call('load'),
      read: (name) => call('read', name),
      create: (session: Session) => call('create', session),
      replace: (session: Session) => call('replace', session),
      forget: (name) => call('forget', name),
      close: () => call('close'),
    },
    async kill() {
      killAll(child);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await closed;
    },
  };
}
