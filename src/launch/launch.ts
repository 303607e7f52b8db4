/** The launch: takes what it needs in order, and gives everything back when a later step fails. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../certificate.js';
import { messageOf, sentence } from '../errors.js';
import { fullHostName } from '../platform/host-name.js';
import { environmentFile } from '../jupyter/environment.js';
import { startPath } from '../jupyter/server-choice.js';
import { jupyterConfig } from '../jupyter/settings.js';
import type { JobId } from '../scheduler/scheduler.js';
import {
  createSatelliteClient,
  type Endpoint,
  type Reservation,
  type SatelliteClient,
} from '../satellite/client.js';
import { sha256Hex, viewerKey } from '../satellite/protocol.js';
import { render } from '../script/render.js';
import type { SessionRecord } from '../session/record.js';
import { saveRecord, stageSession, type StagedSession } from '../session/store.js';
import { VERSION } from '../version.js';
import type { LaunchContext } from './context.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';
import { sessionCertificate } from './prepare-ahead.js';
import type { Prepared } from './prepare.js';
import { settingsFile } from './settings-file.js';
import { createUndoStack, giveBackAll, type UndoStack } from './undo.js';

/** Where there is no limit, or none that can be told, the job still says to the proxy when it ends: a year. */
const LONGEST_MINUTES = 365 * 24 * 60;

export interface Launched {
  /** With the token: opens the notebook. */
  url: string;
  record: SessionRecord;
  jobId: JobId;
  directory: string;
  /** Gives everything back, for who stays in the foreground. */
  undo: UndoStack;
}

/** The script as it is submitted. */
export function renderedScript({ scheduler, planned, template, place, server }: Prepared): string {
  const values = { session_dir: place.directory, server };
  const directives = scheduler.directives(planned.request, template.text);
  return render(directives.template ?? template.text, values, directives);
}

export interface LaunchWays {
  /** The proxy is on this machine alone: nobody else has to reach Jupyter. */
  loopbackOnly?: boolean;
}

/** Reserves, writes, submits, registers. On an error or Ctrl-C nothing is left behind; the error is thrown then. */
export async function launch(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Prepared,
  endpoint: Endpoint,
  ways: LaunchWays = {},
): Promise<Launched> {
  const undo = createUndoStack();
  try {
    return await takeAll(context, options, prepared, endpoint, ways, undo);
  } catch (error) {
    context.progress.doing('Giving back what was taken');
    await giveBackAll(undo, context.progress);
    throw error;
  }
}

async function takeAll(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Prepared,
  endpoint: Endpoint,
  ways: LaunchWays,
  undo: UndoStack,
): Promise<Launched> {
  const { progress, signal } = context;
  const { scheduler, place, here } = prepared;
  const staged = await stageSession(place);
  undo.push(`remove ${place.directory}`, () => staged.remove());
  await writeJobFiles(context, prepared, staged);

  const token = context.random(32).toString('base64url');
  const certificate =
    endpoint.protocol === 'classic'
      ? undefined
      : (prepared.certificate ?? (await sessionCertificate(context.now())));
  stopIfAborted(signal);
  progress.doing('Reserving a name');
  const client = createSatelliteClient(endpoint);
  const reservation = await client.reserve(
    {
      viewerKeySha256: sha256Hex(viewerKey(token)),
      ...(certificate ? { certificateSha256: certificate.sha256 } : {}),
    },
    signal,
  );
  undo.push(`give the name ${reservation.name} back`, () => client.giveBack(reservation));
  stopIfAborted(signal);
  // A classic service speaks plain HTTP to the node.
  const pinned = reservation.protocol === 'v1' ? certificate : undefined;
  await writeSecrets(prepared, staged, endpoint, { token, reservation, certificate: pinned, ...ways });
  const record = await recordOf(context, options, prepared, endpoint, reservation);
  await staged.write('session.json', `${JSON.stringify(record, null, 2)}\n`);
  await staged.place();
  stopIfAborted(signal);

  progress.doing(here ? 'Starting Jupyter' : 'Submitting the job');
  const jobId = await scheduler.submit(join(place.directory, 'batch.sh'), {
    jobName: prepared.jobName,
    extraArguments: options.schedulerArguments,
    signal,
  });
  undo.push(`cancel job ${jobId.id}`, () => scheduler.cancel(jobId));
  stopIfAborted(signal);
  Object.assign(record, { jobId: jobId.id }, jobId.cluster === undefined ? {} : { cluster: jobId.cluster });
  await saveRecord(place.directory, record);
  // What the scheduler says of the allocation is what holds for the session.
  const linked = here?.allocation?.id ?? jobId;
  await registerJob(
    context,
    client,
    reservation,
    linked,
    here ? 'Jupyter is started' : 'The job is submitted',
  );
  const url = `${reservation.url}${startPath(prepared.server)}?token=${token}`;
  return { url, record, jobId, directory: place.directory, undo };
}

/** What needs no reservation: the script and the bash that it runs. */
async function writeJobFiles(
  context: LaunchContext,
  prepared: Prepared,
  staged: StagedSession,
): Promise<void> {
  await staged.write('batch.sh', renderedScript(prepared));
  await staged.write(
    'environment',
    environmentFile(prepared.environment, prepared.jupyter, prepared.family, context.umask),
  );
  await staged.write('job.log', '');
  const folder = join(context.packageFolder, 'batch-templates');
  for (const name of await readdir(join(folder, 'lib'))) {
    const target = name === 'run.sh' ? name : `lib/${name}`;
    await staged.write(target, await readFile(join(folder, 'lib', name), 'utf8'));
  }
  if (prepared.scheduler.kind === 'local') {
    await staged.write('supervise.sh', await readFile(join(folder, 'local', 'supervise.sh'), 'utf8'));
  }
}

interface Secrets extends LaunchWays {
  token: string;
  reservation: Reservation;
  certificate: Certificate | undefined;
}

async function writeSecrets(
  prepared: Prepared,
  staged: StagedSession,
  endpoint: Endpoint,
  { token, reservation, certificate, loopbackOnly = false }: Secrets,
): Promise<void> {
  const { family, place, planned, rootDir, system } = prepared;
  const tls = {
    certificateFile: join(place.directory, 'certificate.pem'),
    keyFile: join(place.directory, 'key.pem'),
  };
  const asRoot = process.getuid?.() === 0;
  const config = jupyterConfig({ family, token, rootDir, asRoot, ...(certificate ? { tls } : {}) });
  await staged.write('jupyter_config.json', `${JSON.stringify(config, null, 2)}\n`);
  await staged.write('token', token);
  if (certificate) {
    await staged.write('certificate.pem', certificate.certificatePem);
    await staged.write('key.pem', certificate.keyPem);
  }
  if (reservation.redeemSecret !== undefined) await staged.write('redeem.secret', reservation.redeemSecret);
  if (endpoint.ca !== undefined) await staged.write('ca.pem', endpoint.ca);
  const warning = planned.request.warnBefore;
  const settings = settingsFile({
    reservation,
    domain: endpoint.domain,
    port: endpoint.port,
    hasCa: endpoint.ca !== undefined,
    directory: place.directory,
    rootDir,
    walltimeSeconds: Math.min(planned.minutes?.value ?? Infinity, LONGEST_MINUTES) * 60,
    nodeSuffix: system.values.node_suffix ?? '',
    loopbackOnly,
    schedulerWarns: prepared.scheduler.warns,
    ...(warning === undefined ? {} : { warnSeconds: warning.value * 60 }),
  });
  await staged.write('settings', settings);
}

/** The session works without it: only an interruption is an error. */
async function registerJob(
  { progress, signal }: LaunchContext,
  client: SatelliteClient,
  reservation: Reservation,
  jobId: JobId,
  done: string,
): Promise<void> {
  try {
    progress.doing('Registering the job');
    await client.link(reservation, jobId.id, signal);
  } catch (error) {
    stopIfAborted(signal);
    const what = `${done}, but the proxy was not told its number, so that its page cannot show the job's state`;
    progress.warn(sentence(`${what}: ${messageOf(error)}`));
  }
  stopIfAborted(signal);
}

async function recordOf(
  context: LaunchContext,
  { asked }: LaunchOptions,
  prepared: Prepared,
  endpoint: Endpoint,
  reservation: Reservation,
): Promise<SessionRecord> {
  const minutes = prepared.planned.minutes?.value;
  const allocation = prepared.here?.allocation;
  const warning = prepared.planned.request.warnBefore;
  return {
    version: 1,
    id: prepared.place.id,
    system: prepared.system.name,
    scheduler: prepared.scheduler.kind,
    ...(allocation === undefined ? {} : { allocation: allocation.id.id }),
    jobName: prepared.jobName,
    host: await fullHostName(context.env),
    connect: 'proxy',
    name: reservation.name,
    url: reservation.url,
    endpoint: `${endpoint.domain}:${endpoint.port}`,
    protocol: reservation.protocol,
    server: prepared.server,
    rootDir: prepared.rootDir,
    ...(minutes === undefined || minutes === Infinity ? {} : { walltimeMinutes: minutes }),
    ...(warning === undefined ? {} : { warnBefore: warning.value }),
    createdAt: context.now().toISOString(),
    launcherVersion: VERSION,
    ...(asked === undefined ? {} : { asked }),
  };
}
