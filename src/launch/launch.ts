/** The launch: takes what it needs in order, and gives everything back when a later step fails. */
import { join } from 'node:path';
import { startPath } from '../jupyter/server-choice.js';
import type { JobId } from '../scheduler/scheduler.js';
import type { SessionRecord } from '../session/record.js';
import { saveRecord, stageSession } from '../session/store.js';
import { GIVING_BACK, STARTING, SUBMITTING } from '../words/launch.js';
import type { LaunchContext } from './context.js';
import type { Reach } from './endpoint.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';
import { sessionCertificate } from './prepare-ahead.js';
import type { Prepared } from './prepare.js';
import { registerJob, reserveName } from './proxy-name.js';
import { planSsh } from './ssh-plan.js';
import { createUndoStack, giveBackAll, type UndoStack } from './undo.js';
import { recordOf, writeJobFiles, writeSecrets, type LaunchWays } from './write-session.js';

export interface Launched {
  /** With the token: opens the notebook. Absent with ssh: what leads there is known once Jupyter is ready (connect.ts). */
  url?: string;
  record: SessionRecord;
  jobId: JobId;
  directory: string;
  /** Gives everything back, for who stays in the foreground. */
  undo: UndoStack;
}

/** Reserves (where there is a proxy), writes, submits, registers. On an error or Ctrl-C nothing is left behind; the error is thrown then. */
export async function launch(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Prepared,
  reach: Reach,
  ways: LaunchWays = {},
): Promise<Launched> {
  const undo = createUndoStack();
  try {
    return await takeAll(context, options, prepared, reach, ways, undo);
  } catch (error) {
    context.progress.doing(GIVING_BACK);
    await giveBackAll(undo, context.progress);
    throw error;
  }
}

async function takeAll(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Prepared,
  reach: Reach,
  ways: LaunchWays,
  undo: UndoStack,
): Promise<Launched> {
  const { progress, signal } = context;
  const { scheduler, place, here } = prepared;
  const ssh = reach === 'ssh' ? await planSsh(context, options, prepared) : undefined;
  const staged = await stageSession(place);
  undo.push(`remove ${place.directory}`, () => staged.remove());
  await writeJobFiles(context, prepared, staged);

  const token = context.random(32).toString('base64url');
  const withCertificate = reach === 'ssh' || reach.protocol !== 'classic';
  const certificate = withCertificate
    ? (prepared.certificate ?? (await sessionCertificate(context.now())))
    : undefined;
  stopIfAborted(signal);
  const proxy = reach === 'ssh' ? undefined : await reserveName(context, reach, token, certificate, undo);
  stopIfAborted(signal);
  // A classic service speaks plain HTTP to the node.
  const pinned = proxy?.reservation.protocol === 'classic' ? undefined : certificate;
  const secrets = {
    token,
    certificate: pinned,
    ...ways,
    ...(proxy ? { proxy } : {}),
    ...(ssh ? { ssh } : {}),
  };
  await writeSecrets(prepared, staged, secrets);
  const record = recordOf(context, options, prepared, secrets);
  await staged.write('session.json', `${JSON.stringify(record, null, 2)}\n`);
  await staged.place();
  stopIfAborted(signal);

  progress.doing(here ? STARTING : SUBMITTING);
  const jobId = await scheduler.submit(join(place.directory, 'batch.sh'), {
    jobName: prepared.jobName,
    extraArguments: options.schedulerArguments,
    signal,
  });
  undo.push(`cancel job ${jobId.id}`, () => scheduler.cancel(jobId));
  stopIfAborted(signal);
  Object.assign(record, { jobId: jobId.id }, jobId.cluster === undefined ? {} : { cluster: jobId.cluster });
  await saveRecord(place.directory, record);
  const launched = { record, jobId, directory: place.directory, undo };
  if (proxy === undefined) return launched;
  // What the scheduler says of the allocation is what holds for the session.
  const linked = here?.allocation?.id ?? jobId;
  await registerJob(context, proxy, linked, here ? 'Jupyter is started' : 'The job is submitted');
  const url = `${proxy.reservation.url}${startPath(prepared.server)}?token=${token}`;
  return { url, ...launched };
}
