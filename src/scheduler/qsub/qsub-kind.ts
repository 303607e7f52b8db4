/** Whose `qsub` this is: Torque, PBS and a wrapper of Slurm have programs of one name. */
import { run } from '../../platform/process.js';
import { queryEnvironment } from './qsub-environment.js';
import { anotherQsub, onlySlurmsQsub } from '../../words/qsub.js';

export type QsubKind = 'torque' | 'pbs' | 'slurm';

const QUERY_MS = 10_000;

/** What the programs say of themselves; undefined: they are not there, or say nothing that is known. */
export async function qsubKind(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<QsubKind | undefined> {
  for (const program of ['qsub', 'qstat']) {
    const result = await run(program, ['--version'], {
      env: queryEnvironment(env),
      timeoutMs: QUERY_MS,
      ...(signal ? { signal } : {}),
    });
    const kind = result.notFound ? undefined : kindOf(`${result.stdout}\n${result.stderr}`);
    if (kind) return kind;
  }
  return undefined;
}

/** Older ones of Torque print the version on stderr; the wrapper knows no --version and shows how it is used. */
function kindOf(said: string): QsubKind | undefined {
  if (/^pbs_version *=/m.test(said)) return 'pbs';
  if (/^version: *\d/im.test(said)) return 'torque';
  if (/^Unknown option: version/m.test(said) && /-P wckey|\[-a\|-i\|-r\]/.test(said)) return 'slurm';
  return undefined;
}

/** See {@link Scheduler.doubt}. */
export async function qsubDoubt(
  kind: 'torque' | 'pbs',
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found = await qsubKind(env, signal);
  if (found === undefined || found === kind) return undefined;
  if (found === 'slurm') throw onlySlurmsQsub(kind);
  return anotherQsub(kind, found);
}
