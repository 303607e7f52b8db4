/** What the person asked for, read and checked as far as it can be without knowing the system. */
import type { Server } from '../script/call.js';
import type { AskedFor } from '../session/record.js';
import type { SystemKey, SshWay } from '../site/schema.js';

export interface LaunchOptions {
  partition?: string;
  account?: string;
  minutes?: number;
  nodes?: number;
  cpus?: number;
  gpus?: number;
  memory?: string;
  gres?: string;
  qos?: string;
  constraint?: string;
  reservation?: string;
  schedulerArguments: readonly string[];
  /** A named set of options in systems.yaml. */
  profile?: string;
  /** The software that Jupyter runs in; what is not said comes from the system. Paths as typed. */
  modules?: readonly string[];
  modulepath?: readonly string[];
  condaEnv?: string;
  condaYml?: string;
  image?: string;
  binds?: readonly string[];
  imageGpu?: 'nv' | 'rocm';
  /** How a browser gets there; undefined: as the system says. */
  connect?: 'proxy' | 'ssh';
  sshWay?: SshWay;
  localPort?: number;
  /** Minutes; 0: not at all. */
  warnBefore?: number;
  /** Minutes; 0: not at all. */
  idleTimeout?: number;
  /** Mail at the job's start and end; without an address the scheduler knows it. */
  notify?: { to?: string };
  /** For `again`. */
  asked?: AskedFor;
  /** Start on this very machine, in the allocation that it belongs to if there is one. */
  here: boolean;
  /** As typed; relative to the current directory. */
  directory?: string;
  batchScript?: string;
  server?: Server;
  system?: { name: string; from: '--system' | 'START_JUPYTER_SYSTEM' };
  endpoint?: { domain: string; port: number };
  /** File name. */
  ca?: string;
  info: boolean;
  dryRun: boolean;
  /** False: Jupyter, conda and the scheduler's answers are not looked at. */
  check: boolean;
  /** The option or variable that gave a value: `--partition`, `START_JUPYTER_PARTITION`. */
  from(key: SystemKey | 'profile' | 'ssh_way' | 'local_port'): string;
}
