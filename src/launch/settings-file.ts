/** The session's `settings` file: what the job's bash needs to know of this session (docs/architecture.md). */
import type { Reservation } from '../satellite/client.js';
import { manageHost } from '../satellite/protocol.js';
import { assignments } from '../script/quote.js';

export interface SettingsFacts {
  reservation: Pick<Reservation, 'name' | 'protocol'>;
  domain: string;
  port: number;
  /** The session has a `ca.pem`. */
  hasCa: boolean;
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
  const host = manageHost(facts.domain);
  return assignments({
    sj_name: facts.reservation.name,
    sj_protocol: facts.reservation.protocol,
    sj_manage_host: host,
    sj_manage_port: String(facts.port),
    // Not every resolver knows that these names are loopback.
    sj_connect_address: host.endsWith('.localhost') ? '127.0.0.1' : '',
    sj_ca_file: facts.hasCa ? `${facts.directory}/ca.pem` : '',
    sj_root_dir: facts.rootDir,
    sj_walltime_seconds: String(facts.walltimeSeconds),
    sj_node_suffix: facts.nodeSuffix,
    sj_warn_seconds: String(facts.warnSeconds ?? 0),
    sj_warn_by: facts.schedulerWarns ? 'scheduler' : 'clock',
    sj_bind: facts.loopbackOnly ? 'loopback' : 'all',
  });
}
