/**
 * A small site on hosts of its own (hosts.ts): two login nodes, a compute node, the controller of a Slurm of its own, a
 * host for the proxy, one home; and outside, where only the login nodes are reached, a person's own computer.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { theBed } from './bed.js';
import { startSlurm, type HostSlurm } from './host-slurm.js';
import { startHosts, type Host } from './hosts.js';
import { jupyterPath } from './launches.js';
import { masterPrograms } from './package-copy.js';
import type { Ended, Running } from './processes.js';
import { startProxy, type Proxy } from './proxy.js';
import { letIn, letOut, knowHost, startSshServer, type SshServer, type SshSettings } from './ssh-hosts.js';
import { user, type AsUserOptions, type User } from './users.js';

export const SITE_DOMAIN = 'sj.example';
const SESSIONS_DOMAIN = `jupyter.${SITE_DOMAIN}`;

export interface Site {
  login1: Host;
  login2: Host;
  node: Host;
  proxyHost: Host;
  laptop: Host;
  slurm: HostSlurm;
  /** `start-jupyter ARGS` by somebody on a host of the site, whose systems.yaml has these lines for it. */
  startJupyter(host: Host, as: User, args: readonly string[], options?: AtSite): Promise<Ended>;
  beginJupyter(host: Host, as: User, args: readonly string[], options?: AtSite): Running;
  /** On a terminal of its own. */
  typeJupyter(host: Host, as: User, args: readonly string[], options?: AtSite): Running;
  /** The companion proxy, on its host. */
  proxy(): Promise<Proxy>;
  end(): Promise<void>;
}

export interface AtSite extends AsUserOptions {
  /** The site's entry: `connect: ssh`. */
  lines?: readonly string[];
  jupyter?: 'notebook6' | 'jupyter4';
  /** Put before the command: srun, say. */
  wrap?: readonly string[];
}

const folders = new Set<string>();

export async function startSite(): Promise<Site> {
  const folder = mkdtempSync('/var/tmp/start-jupyter-at-site-');
  folders.add(folder);
  chmodSync(folder, 0o755);
  const plans = [
    { name: 'head', on: { cluster: 2 } },
    { name: 'front', on: { cluster: 3 } },
    { name: 'login1', on: { cluster: 11, outside: 11 } },
    { name: 'login2', on: { cluster: 12, outside: 12 } },
    { name: 'n1', on: { cluster: 21 } },
    { name: 'laptop', on: { outside: 99 }, ownHomes: [user(theBed().users.vera)] },
  ];
  const hosts = await startHosts(SITE_DOMAIN, plans, { front: `manage.${SESSIONS_DOMAIN}` });
  const [head, proxyHost, login1, login2, node, laptop] = hosts as [Host, Host, Host, Host, Host, Host];
  const slurm = await startSlurm(head, node, join(folder, 'slurm'));
  let entries = 0;
  const systems = (lines: readonly string[]): string => {
    const file = join(folder, `systems-${++entries}.yaml`);
    const entry = [
      `clusters: [${slurm.clusterName}]`,
      "hosts: ['login[0-9]+']",
      'scheduler: slurm',
      ...lines,
    ];
    writeFileSync(file, `systems:\n  small:\n${entry.map((line) => `    ${line}\n`).join('')}`);
    return file;
  };
  const commandOf = (args: readonly string[], { wrap = [] }: AtSite = {}) => [
    ...wrap,
    ...masterPrograms().launcher,
    ...args,
  ];
  const atSite = ({ lines = [], jupyter = 'notebook6', env, ...options }: AtSite = {}): AsUserOptions => ({
    ...options,
    env: { ...slurm.env, PATH: jupyterPath(jupyter), START_JUPYTER_CONFIG: systems(lines), ...env },
  });
  return {
    ...{ login1, login2, node, proxyHost, laptop, slurm },
    startJupyter: (host, as, args, options) => host.run(as, commandOf(args, options), atSite(options)),
    beginJupyter: (host, as, args, options) => host.start(as, commandOf(args, options), atSite(options)),
    typeJupyter: (host, as, args, options) =>
      host.startOnTerminal(as, commandOf(args, options), atSite(options)),
    proxy: () =>
      startProxy({ domain: SESSIONS_DOMAIN, on: proxyHost, serve: ['--trusted-network', '10.213.77.0/24'] }),
    end: () => slurm.end(),
  };
}

/** sshd on the login nodes, and a person whose own computer has the key to an account of the site. */
export interface SshSite {
  /** Starts sshd on the compute node, instead of the one that is there; `none`: there is none. */
  nodeServer(settings: SshSettings | 'none'): Promise<void>;
  end(): Promise<void>;
}

export async function startSsh(site: Site, person: User, account: User): Promise<SshSite> {
  const folder = mkdtempSync('/var/tmp/start-jupyter-ssh-keys-');
  folders.add(folder);
  letIn(person, site.laptop, account);
  for (const host of [site.login1, site.login2]) {
    const { hostKey } = await startSshServer(host, folder);
    knowHost(person, site.laptop, [host.fullName, host.name], hostKey);
  }
  let onNode: SshServer | undefined;
  return {
    async nodeServer(settings) {
      await onNode?.stop();
      const before = onNode;
      onNode = settings === 'none' ? undefined : await startSshServer(site.node, folder, settings);
      if (!before && onNode)
        knowHost(person, site.laptop, [site.node.name, site.node.fullName], onNode.hostKey);
    },
    async end() {
      await onNode?.stop();
      letOut(account);
    },
  };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
