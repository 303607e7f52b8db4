/** What the accounting says of jobs that the controller has forgotten. There may be none. */
import { failureOf, type RunResult } from '../../platform/process.js';
import { leftQueueUnasked } from '../../words/scheduler.js';
import type { JobId } from '../scheduler.js';
import { onCluster, query } from './slurm-query.js';

export interface AccountedJob {
  id: string;
  name: string;
  state: string;
  /** `3:0`: the exit status, and the signal that ended it. */
  exitCode: string;
}

export interface AccountingAnswer {
  /** In the order in which they were begun. */
  jobs: AccountedJob[];
  /** There is an accounting, and it does not answer now: it may tell later how a job ended. */
  later?: string;
}

/** One question for all of them. */
export async function askAccounting(
  env: NodeJS.ProcessEnv,
  ids: readonly string[],
  on: Pick<JobId, 'cluster'>,
  signal?: AbortSignal,
): Promise<AccountingAnswer> {
  // The name last: anything may be in it.
  const args = [
    '-n',
    '-P',
    '-X',
    ...onCluster(on),
    '-j',
    ids.join(','),
    '-o',
    'JobID,State,ExitCode,JobName',
  ];
  const result = await query(env, 'sacct', args, signal);
  const jobs = result.stdout.split('\n').flatMap((line) => {
    const [, id, state, exitCode, name] = /^([^|]+)\|([^|]*)\|([^|]*)\|(.*)$/.exec(line) ?? [];
    return id === undefined || state === undefined || exitCode === undefined || name === undefined
      ? []
      : [{ id, state, exitCode, name }];
  });
  return answersLater(result) ? { jobs, later: leftQueueUnasked(failureOf('sacct', result)) } : { jobs };
}

/** Texts: sacct of Slurm 22.05 without its database's daemon. Where there is no accounting at all it says other things. */
function answersLater({ exitCode, stderr, notFound }: RunResult): boolean {
  if (notFound || exitCode === 0) return false;
  return (
    exitCode === undefined || /connection|talking to the database|unable to contact|timed out/i.test(stderr)
  );
}
