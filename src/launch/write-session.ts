/** What a launch writes into the session directory. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../certificate.js';
import { environmentFile } from '../jupyter/environment.js';
import { jupyterConfig } from '../jupyter/settings.js';
import { render } from '../script/render.js';
import type { SessionRecord } from '../session/record.js';
import type { StagedSession } from '../session/store.js';
import { VERSION } from '../version.js';
import type { LaunchContext } from './context.js';
import type { LaunchOptions } from './options.js';
import type { Prepared } from './prepare.js';
import type { ProxyName } from './proxy-name.js';
import { settingsFile } from './settings-file.js';
import type { SshPlan } from './ssh-plan.js';

/** Where there is no limit, or none that can be told, the job still says to the proxy when it ends: a year. */
const LONGEST_MINUTES = 365 * 24 * 60;

/** A scheduler signals no earlier before the end (Slurm's --signal). */
const LONGEST_SIGNAL_SECONDS = 65_535;

/** The script as it is submitted. */
export function renderedScript({ scheduler, planned, template, place, server }: Prepared): string {
  const values = { session_dir: place.directory, server };
  const directives = scheduler.directives(planned.request, template.text);
  return render(directives.template ?? template.text, values, directives);
}

/** What needs no reservation: the script and the bash that it runs. */
export async function writeJobFiles(
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

export interface LaunchWays {
  /** The proxy is on this machine alone: nobody else has to reach Jupyter. */
  loopbackOnly?: boolean;
}

/** How a browser gets there: with one of the two. */
interface Reached {
  proxy?: ProxyName;
  ssh?: SshPlan;
}

export interface Secrets extends LaunchWays, Reached {
  token: string;
  certificate: Certificate | undefined;
}

export async function writeSecrets(
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

/** `session.json`, before there is a job. */
export function recordOf(
  context: LaunchContext,
  { asked }: LaunchOptions,
  prepared: Prepared,
  { proxy, ssh }: Reached,
): SessionRecord {
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
    ...(prepared.host === undefined ? {} : { host: prepared.host }),
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
