/** A stand-in for a cluster with Torque or PBS: programs of their names on a user's PATH (qsub_cluster.py). */
import {
  chownSync,
  copyFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './processes.js';
import type { User } from './users.js';

export interface QsubJob {
  id: string;
  name: string;
  queue: string;
  state: string;
  options: Record<string, string>;
  resources: Record<string, string>;
  /** Of a job that has ended. */
  exit?: number;
  undelivered?: string;
  /** The process that leads its session. */
  session?: number;
}

export interface QsubCluster {
  /** For the front of PATH. */
  folder: string;
  jobs(): QsubJob[];
  /** How qsub was called, and with what environment. */
  calls(): { args: string[]; env: Record<string, string>; cwd: string }[];
  /** Waits until the job has ended. */
  ended(id: string): Promise<QsubJob>;
  /** Ends what still runs of it and removes its files. */
  remove(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('qsub_cluster.py', import.meta.url));

/** @param of whose cluster: its jobs run as this user */
export function qsubCluster(kind: 'torque' | 'pbs', of: User): QsubCluster {
  const folder = mkdtempSync(`/var/tmp/start-jupyter-${kind}-`);
  const state = join(folder, 'state');
  copyFileSync(PROGRAM, join(folder, 'cluster.py'));
  chmodSync(join(folder, 'cluster.py'), 0o755);
  writeFileSync(join(folder, 'kind'), kind);
  for (const name of ['qsub', 'qstat', 'qdel', 'qselect']) symlinkSync('cluster.py', join(folder, name));
  for (const own of [state, join(folder, 'scratch')]) {
    mkdirSync(own, { mode: 0o700 });
    chownSync(own, of.uid, of.gid);
  }
  chmodSync(folder, 0o755);
  const files = (end: string) => readdirSync(state).filter((file) => file.endsWith(end));
  const text = (file: string) => readFileSync(join(state, file), 'utf8');
  const jobs = () => files('.json').map((file) => JSON.parse(text(file)) as QsubJob);
  const kill = (pid: number) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  return {
    folder,
    jobs,
    calls: () =>
      text('qsub-calls')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ReturnType<QsubCluster['calls']>[number]),
    async ended(id) {
      const job = await until(() => jobs().find((one) => one.id === id && one.exit !== undefined), 30_000);
      if (!job) throw new Error(`Job ${id} did not end: ${JSON.stringify(jobs())}`);
      return job;
    },
    async remove() {
      for (const { session, exit } of jobs()) if (exit === undefined && session) kill(-session);
      if (existsSync(join(state, 'helper'))) kill(Number(text('helper')));
      await until(() => (jobs().every(({ exit }) => exit !== undefined) ? true : undefined), 5000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
