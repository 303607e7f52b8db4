/** The launch: takes what it needs in order, and gives everything back when a later step fails. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../certificate.js';
import { messageOf } from '../errors.js';
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
import { GIVING_BACK, notRegistered, REGISTERING, RESERVING, STARTING, SUBMITTING } from '../words/launch.js';
import type { LaunchContext } from './context.js';
import type { Reach } from './endpoint.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';
import { sessionCertificate } from './prepare-ahead.js';
import type { Prepared } from './prepare.js';
import { settingsFile } from './settings-file.js';
import { planSsh, type SshPlan } from './ssh-plan.js';
import { createUndoStack, giveBackAll, type UndoStack } from './undo.js';

/** Where there is no limit, or none that can be told, the job still says to the proxy when it ends: a year. */
const LONGEST_MINUTES = 365 * 24 * 60;

/** A scheduler signals no earlier before the end (Slurm's --signal). */
const LONGEST_SIGNAL_SECONDS = 65_535;

export interface Launched {
  /** With the token: opens the notebook. Absent with ssh: what leads there is known once Jupyter is ready (connect.ts). */
  url?: string;
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
  const record = await recordOf(context, options, prepared, secrets);
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

/** A name at a proxy, and who may speak for it. */
interface ProxyName {
  endpoint: Endpoint;
  client: SatelliteClient;
  reservation: Reservation;
}

async function reserveName(
  { progress, signal }: LaunchContext,
  endpoint: Endpoint,
  token: string,
  certificate: Certificate | undefined,
  undo: UndoStack,
): Promise<ProxyName> {
  progress.doing(RESERVING);
  const client = createSatelliteClient(endpoint);
  const reservation = await client.reserve(
    {
      viewerKeySha256: sha256Hex(viewerKey(token)),
      ...(certificate ? { certificateSha256: certificate.sha256 } : {}),
    },
    signal,
  );
  undo.push(`give the name ${reservation.name} back`, () => client.giveBack(reservation));
  return { endpoint, client, reservation };
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

/** How a browser gets there: with one of the two. */
interface Reached {
  proxy?: ProxyName;
  ssh?: SshPlan;
}

interface Secrets extends LaunchWays, Reached {
  token: string;
  certificate: Certificate | undefined;
}

async function writeSecrets(
  prepared: Prepared,
  staged: StagedSession,
  { token, proxy, ssh, certificate, loopbackOnly = false }: Secrets,
): Promise<void> {
  const { family, place, planned, rootDir, system } = prepared;
  const tls = {
    certificateFile: join(place.directory, 'certificate.pem'),
    keyFile: join(place.directory, 'key.pem'),
  };
  const asRoot = process.getuid?.() === 0;
  const how = ssh ? { bySsh: true } : certificate ? { tls } : {};
  const idle = planned.idleMinutes === undefined ? {} : { idleSeconds: planned.idleMinutes.value * 60 };
  const config = jupyterConfig({ family, token, rootDir, asRoot, ...how, ...idle });
  await staged.write('jupyter_config.json', `${JSON.stringify(config, null, 2)}\n`);
  await staged.write('token', token);
  if (certificate) {
    await staged.write('certificate.pem', certificate.certificatePem);
    await staged.write('key.pem', certificate.keyPem);
  }
  const { ca } = proxy?.endpoint ?? {};
  const { redeemSecret } = proxy?.reservation ?? {};
  if (redeemSecret !== undefined) await staged.write('redeem.secret', redeemSecret);
  if (ca !== undefined) await staged.write('ca.pem', ca);
  const warning = planned.request.warnBefore;
  const schedulerWarns = prepared.scheduler.warns && !planned.signalTaken;
  const longestWarning = schedulerWarns ? LONGEST_SIGNAL_SECONDS : Infinity;
  const settings = settingsFile({
    ...(proxy ? { proxy: { ...proxy, ...proxy.endpoint, hasCa: ca !== undefined } } : {}),
    ...(ssh ? { sshWays: ssh.ways } : {}),
    directory: place.directory,
    rootDir,
    walltimeSeconds: Math.min(planned.minutes?.value ?? Infinity, LONGEST_MINUTES) * 60,
    nodeSuffix: system.values.node_suffix ?? '',
    loopbackOnly,
    schedulerWarns,
    ...(warning === undefined ? {} : { warnSeconds: Math.min(warning.value * 60, longestWarning) }),
  });
  await staged.write('settings', settings);
}

/** The session works without it: only an interruption is an error. */
async function registerJob(
  { progress, signal }: LaunchContext,
  { client, reservation }: ProxyName,
  jobId: JobId,
  done: string,
): Promise<void> {
  try {
    progress.doing(REGISTERING);
    await client.link(reservation, jobId.id, signal);
  } catch (error) {
    stopIfAborted(signal);
    progress.warn(notRegistered(done, messageOf(error)));
  }
  stopIfAborted(signal);
}

async function recordOf(
  context: LaunchContext,
  { asked }: LaunchOptions,
  prepared: Prepared,
  { proxy, ssh }: Reached,
): Promise<SessionRecord> {
  const minutes = prepared.planned.minutes?.value;
  const allocation = prepared.here?.allocation;
  const warning = prepared.planned.request.warnBefore;
  return {
    version: 1,
    id: prepared.place.id,
    system: prepared.system.name,
    scheduler: prepared.scheduler.kind,
    ...(allocation === undefined
      ? {}
      : { allocation: allocation.id.id, allocationScheduler: allocation.scheduler }),
    jobName: prepared.jobName,
    host: await fullHostName(context.env),
    ...(ssh ? { connect: 'ssh', localPort: ssh.localPort, sshHost: ssh.host } : {}),
    ...(proxy ? { connect: 'proxy', ...nameOf(proxy) } : {}),
    server: prepared.server,
    rootDir: prepared.rootDir,
    ...(minutes === undefined || minutes === Infinity ? {} : { walltimeMinutes: minutes }),
    ...(warning === undefined ? {} : { warnBefore: warning.value }),
    createdAt: context.now().toISOString(),
    launcherVersion: VERSION,
    ...(asked === undefined ? {} : { asked }),
  };
}

function nameOf({
  endpoint,
  reservation,
}: ProxyName): Pick<SessionRecord, 'name' | 'url' | 'endpoint' | 'protocol'> {
  const { name, url, protocol } = reservation;
  return { name, url, endpoint: `${endpoint.domain}:${endpoint.port}`, protocol };
}
