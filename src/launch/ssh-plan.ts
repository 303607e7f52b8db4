/** What a session without a proxy needs: which ways ssh may take, through which host, to which port of the person's own. */
import { listensAtSockets } from '../jupyter/sockets.js';
import { fullHostName, fullNameOf } from '../platform/host-name.js';
import { allocationOf } from '../scheduler/allocation.js';
import { SSH_WAYS, type SshWay } from '../site/schema.js';
import { noWayLeft, wayNotAllowed, wayTooNew } from '../words/ssh.js';
import type { LaunchContext } from './context.js';
import type { LaunchOptions } from './options.js';
import type { Prepared } from './prepare.js';

export interface SshPlan {
  /** What the job may choose from, the best first. */
  ways: readonly SshWay[];
  localPort: number;
  /** NAME or NAME:PORT. */
  host: string;
}

/** @throws StartJupyterError 'bad-option' or 'bad-configuration' where no way is left */
export async function planSsh(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Pick<Prepared, 'system' | 'server' | 'jupyter' | 'host'>,
): Promise<SshPlan> {
  return {
    ways: sshWays(options, prepared),
    localPort: options.localPort ?? chosenPort(context.random(2)),
    host: await sshHost(context, prepared.system, prepared.host),
  };
}

/** NAME or NAME:PORT. `here`: this machine's full name, where it is known already. */
export async function sshHost(
  context: Pick<LaunchContext, 'env' | 'signal'>,
  system: Prepared['system'] | undefined,
  here?: string,
): Promise<string> {
  return system?.values.ssh_host ?? (await loginHost(context, here));
}

export function sshWays(
  { sshWay }: Pick<LaunchOptions, 'sshWay'>,
  { system, server, jupyter }: Pick<Prepared, 'system' | 'server' | 'jupyter'>,
): readonly SshWay[] {
  const allowed = system.values.ssh_ways ?? SSH_WAYS;
  const sockets = jupyter !== undefined && listensAtSockets(jupyter.versions, server);
  if (sshWay !== undefined) {
    if (!allowed.includes(sshWay)) throw wayNotAllowed(sshWay, allowed, system.name);
    if (sshWay === 'socket' && jupyter !== undefined && !sockets) throw wayTooNew();
    return [sshWay];
  }
  const ways = allowed.filter((way) => way !== 'socket' || sockets);
  if (ways.length === 0) throw noWayLeft(system.name, allowed);
  return ways;
}

/** No browser refuses any of these, and no system hands them out for outgoing connections. */
function chosenPort(random: Buffer): number {
  return 20_000 + (random.readUInt16BE() % 12_768);
}

/** Where jobs are submitted from, as a person can reach it from outside: never the node on which this shell may be. */
async function loginHost(
  { env, signal }: Pick<LaunchContext, 'env' | 'signal'>,
  here: string | undefined,
): Promise<string> {
  const submitted = allocationOf(env) && (env['SLURM_SUBMIT_HOST'] ?? env['PBS_O_HOST']);
  return submitted === undefined || !/^[A-Za-z0-9][\w.-]*$/.test(submitted)
    ? (here ?? (await fullHostName(env, signal)))
    : await fullNameOf(submitted, env, signal);
}
