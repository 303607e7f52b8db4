/** The session's `settings` file: what the job's bash needs to know of this session (docs/architecture.md). */
import type { Reservation } from '../satellite/client.js';
import { manageHost } from '../satellite/protocol.js';
import { assignments } from '../script/quote.js';
import type { SshWay } from '../site/schema.js';

/** Where the name of a session is mapped. */
export interface SettingsProxy {
  reservation: Pick<Reservation, 'name' | 'protocol'>;
  domain: string;
  port: number;
  /** The session has a `ca.pem`. */
  hasCa: boolean;
}

export interface SettingsFacts {
  proxy?: SettingsProxy;
  /** Where there is no proxy: what ssh may lead to on the node, the best first. */
  sshWays?: readonly SshWay[];
  directory: string;
  rootDir: string;
  walltimeSeconds: number;
  nodeSuffix: string;
  /** The proxy is on this very machine: Jupyter is to be reached from here alone. */
  loopbackOnly: boolean;
  /** Seconds before its end at which the job is warned; absent: not at all. */
  warnSeconds?: number;
  /** The scheduler signals it; else it has to look at the clock. */
  schedulerWarns: boolean;
}

export function settingsFile(facts: SettingsFacts): string {
  return assignments({
    sj_connect: facts.proxy ? 'proxy' : 'ssh',
    ...(facts.proxy ? proxySettings(facts.proxy, facts.directory) : sshSettings(facts.sshWays ?? [])),
    sj_root_dir: facts.rootDir,
    sj_walltime_seconds: String(facts.walltimeSeconds),
    sj_node_suffix: facts.nodeSuffix,
    sj_warn_seconds: String(facts.warnSeconds ?? 0),
    sj_warn_by: facts.schedulerWarns ? 'scheduler' : 'clock',
    sj_bind: facts.loopbackOnly ? 'loopback' : 'all',
  });
}

function proxySettings(
  { reservation, domain, port, hasCa }: SettingsProxy,
  directory: string,
): Record<string, string> {
  const host = manageHost(domain);
  return {
    sj_name: reservation.name,
    sj_protocol: reservation.protocol,
    sj_manage_host: host,
    sj_manage_port: String(port),
    // Not every resolver knows that these names are loopback.
    sj_connect_address: host.endsWith('.localhost') ? '127.0.0.1' : '',
    sj_ca_file: hasCa ? `${directory}/ca.pem` : '',
  };
}

function sshSettings(ways: readonly SshWay[]): Record<string, string> {
  return { sj_ssh_ways: ways.join(' ') };
}
