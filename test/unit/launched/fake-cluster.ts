/** A home with sessions, and a cluster of executables in whose queue their jobs are. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionEnd, SessionRecord } from '../../../src/session/record.js';
import { fakePrograms, type Call } from '../scheduler/fake-programs.js';

export interface FakeCluster {
  env: NodeJS.ProcessEnv;
  home: string;
  sessions: string;
  /** Adds a session, and where `state` is given its job. Gives its directory. */
  add(facts: SessionFacts): Promise<string>;
  /** Changes how a job is. */
  setState(jobId: string, state: string): Promise<void>;
  stateOf(jobId: string): Promise<string>;
  /** The rest of a bash script in the place of one of the programs. */
  replace(program: string, body: string): Promise<void>;
  calls(program: string): Promise<Call[]>;
  remove(): Promise<void>;
}

export interface SessionFacts {
  jobId?: string;
  /** Slurm's: PENDING, RUNNING, CANCELLED. */
  state?: string;
  record?: Partial<SessionRecord>;
  end?: Partial<SessionEnd>;
  files?: Record<string, string>;
}

export async function fakeCluster(): Promise<FakeCluster> {
  const home = await mkdtemp(join(tmpdir(), 'sj-cluster-'));
  const jobs = join(home, 'jobs');
  const sessions = join(home, '.local/state/start-jupyter/sessions');
  await mkdir(jobs);
  await mkdir(sessions, { recursive: true, mode: 0o700 });
  const programs = await fakePrograms();
  let count = 0;
  const setState = (jobId: string, state: string) => writeFile(join(jobs, jobId), `${state}\n`);
  await programs.add(
    'squeue',
    `while [ $# -gt 0 ]; do [ "$1" = -j ] && ids=$2; [ "$1" = -n ] && name=$2; shift; done
[ -z "$name" ] || { [ ! -e '${jobs}'/"\${name#sj-}" ] || echo "\${name#sj-}"; exit; }
IFS=,; for id in $ids; do
  [ -e '${jobs}'/$id ] || continue
  IFS= read -r state <'${jobs}'/$id
  printf '%s\\x1f%s\\x1fPriority\\x1fn1\\x1fN/A\\x1fN/A\\x1fsj-%s\\n' "$id" "$state" "$id"
done`,
  );
  await programs.add('scancel', `id=\${@: -1}; [ -e '${jobs}'/stays-$id ] || echo CANCELLED >'${jobs}'/$id`);
  await programs.add('sacct', `echo 'Slurm accounting storage is disabled' >&2; exit 1`);
  await programs.add('hostname', `echo login1.example.org`);
  return {
    env: { ...programs.env, HOME: home },
    home,
    sessions,
    async add({ jobId, state, record = {}, end, files = {} }) {
      count += 1;
      const id = `20260101-0000${String(count).padStart(2, '0')}-${String(count).padStart(10, '0')}`;
      const directory = join(sessions, id);
      await mkdir(directory, { mode: 0o700 });
      const whole: SessionRecord = {
        version: 1,
        id,
        system: 'hpc',
        scheduler: 'slurm',
        jobName: `sj-${jobId ?? ''}`,
        ...(jobId === undefined ? {} : { jobId }),
        host: 'login1.example.org',
        server: 'notebook',
        rootDir: home,
        walltimeMinutes: 30,
        createdAt: `2026-01-01T00:00:${String(count).padStart(2, '0')}.000Z`,
        launcherVersion: '1.0.0',
        ...record,
      };
      const all: Record<string, string> = {
        'session.json': JSON.stringify(whole),
        token: 'secret',
        ...files,
      };
      if (end !== undefined) {
        const cause = 'It was cancelled.';
        const endedAt = '2026-01-02T00:00:00.000Z';
        all['end.json'] = JSON.stringify({ version: 1, outcome: 'cancelled', cause, endedAt, ...end });
      }
      for (const [name, text] of Object.entries(all)) await writeFile(join(directory, name), text);
      if (jobId !== undefined && state !== undefined) await setState(jobId, state);
      return directory;
    },
    setState,
    stateOf: async (jobId) =>
      existsSync(join(jobs, jobId)) ? (await readFile(join(jobs, jobId), 'utf8')).trim() : '',
    replace: (program, body) => programs.add(program, body),
    calls: (program) => programs.calls(program),
    remove: async () => {
      await programs.remove();
      await rm(home, { recursive: true, force: true });
    },
  };
}
