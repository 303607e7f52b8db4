/**
 * Hosts of their own on this one machine, by Linux' namespaces: each has its name, addresses, processes, /etc/hosts,
 * /tmp and /run; the rest of the file system, homes among it, is shared as in a cluster. Nothing of them has a name on
 * the machine: they are gone with the processes that hold them, however the tests end.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { run, start, until, type Ended, type Running } from './processes.js';
import { runAs, startAs, startOnTerminalAs, user, type AsUserOptions, type User } from './users.js';

/** The network of the cluster, and the one on which people's own computers are. */
const NETWORKS = { cluster: '10.213.77', outside: '10.213.78' } as const;
type Network = keyof typeof NETWORKS;

export interface HostPlan {
  name: string;
  /** The last number of its address on each network that it is on; no host passes anything on between them. */
  on: Partial<Record<Network, number>>;
  /** Has a /home of its own, with these users' homes in it. */
  ownHomes?: readonly User[];
}

export interface Host {
  name: string;
  /** With the domain: what `hostname -f` prints there. */
  fullName: string;
  /** On the cluster's network; on the outside one where it is not on that. */
  address: string;
  moreAddresses: readonly string[];
  /** Where its /home lies on the machine, if it has its own. */
  homes: string | undefined;
  /** What comes before a command of root's that is to run there. */
  enter: readonly string[];
  run(as: User, command: readonly string[], options?: AsUserOptions): Promise<Ended>;
  start(as: User, command: readonly string[], options?: AsUserOptions): Running;
  /** On a terminal of its own. */
  startOnTerminal(as: User, command: readonly string[], options?: AsUserOptions): Running;
}

const FIRST_PROCESS = fileURLToPath(new URL('host.sh', import.meta.url));
const root = () => user('root');
const folders = new Set<string>();

/** Starts them all, wired. They end at the latest with the test file. `also`: more lines of their /etc/hosts. */
export async function startHosts(
  domain: string,
  plans: readonly HostPlan[],
  also: Readonly<Record<string, string>> = {},
): Promise<Host[]> {
  const folder = mkdtempSync('/var/tmp/start-jupyter-hosts-');
  folders.add(folder);
  chmodSync(folder, 0o755);
  const theSwitch = await startHost(domain, { name: 'switch', on: {} }, join(folder, 'switch'), '');
  for (const network of Object.keys(NETWORKS)) {
    await onHost(theSwitch, ['link', 'add', network, 'type', 'bridge']);
    await onHost(theSwitch, ['link', 'set', network, 'up']);
  }
  return Promise.all(
    plans.map(async (plan) => {
      const host = await startHost(
        domain,
        plan,
        join(folder, plan.name),
        hostsFile(domain, plan, plans, also),
      );
      for (const [network, last] of Object.entries(plan.on))
        await wire(host, theSwitch, network as Network, last);
      return host;
    }),
  );
}

async function startHost(
  domain: string,
  plan: HostPlan,
  folder: string,
  names: string,
): Promise<Host & { first: number }> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'hosts'), names);
  // No name server anywhere: who asks gets no answer, at once.
  writeFileSync(join(folder, 'resolv.conf'), '');
  for (const { name, uid, gid } of plan.ownHomes ?? []) {
    const home = join(folder, 'home', name);
    mkdirSync(home, { recursive: true });
    await run(['/usr/bin/chown', `${uid}:${gid}`, home], { env: {} });
  }
  const own = ['--mount', '--uts', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const command = ['/usr/bin/unshare', ...own, '/bin/bash', FIRST_PROCESS, plan.name, folder];
  const holder = start(command, { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' } }, true);
  await holder.printed('stdout', /^up$/m, 10_000);
  const children = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8');
  const first = Number(children.trim());
  const enter = ['/usr/bin/nsenter', `--target=${first}`, '--mount', '--uts', '--net', '--pid', '--'];
  const inside = (options: AsUserOptions = {}) => ({ ...options, inside: enter });
  return {
    ...{ name: plan.name, fullName: `${plan.name}.${domain}`, enter, first },
    address: addressesOf(plan)[0] ?? '',
    moreAddresses: addressesOf(plan).slice(1),
    homes: plan.ownHomes && join(folder, 'home'),
    run: (as, words, options) => runAs(as, words, inside(options)),
    start: (as, words, options) => startAs(as, words, inside(options)),
    startOnTerminal: (as, words, options) => startOnTerminalAs(as, words, inside(options)),
  };
}

const addressesOf = ({ on }: HostPlan): string[] =>
  (Object.keys(NETWORKS) as Network[]).flatMap((network) =>
    on[network] === undefined ? [] : [`${NETWORKS[network]}.${on[network]}`],
  );

/** A host knows by name whom it can reach. */
function hostsFile(
  domain: string,
  here: HostPlan,
  plans: readonly HostPlan[],
  also: Readonly<Record<string, string>>,
): string {
  const lines = ['127.0.0.1 localhost'];
  for (const there of plans) {
    const network = (Object.keys(NETWORKS) as Network[]).find(
      (each) => here.on[each] !== undefined && there.on[each] !== undefined,
    );
    if (network === undefined) continue;
    const more = also[there.name] === undefined ? '' : ` ${also[there.name]}`;
    lines.push(`${NETWORKS[network]}.${there.on[network]} ${there.name}.${domain} ${there.name}${more}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

async function wire(
  host: { first: number } & Host,
  theSwitch: { first: number } & Host,
  network: Network,
  last: number,
) {
  const port = `to-${host.name}-${NETWORKS[network].slice(-2)}`.slice(0, 15);
  const ends = ['link', 'add', network, 'netns', `${host.first}`, 'type', 'veth', 'peer', 'name', port];
  await ip([], [...ends, 'netns', `${theSwitch.first}`]);
  await onHost(theSwitch, ['link', 'set', port, 'master', network, 'up']);
  await onHost(host, ['addr', 'add', `${NETWORKS[network]}.${last}/24`, 'dev', network]);
  await onHost(host, ['link', 'set', network, 'up']);
}

const onHost = (host: Host, words: readonly string[]) => ip(host.enter, words);

async function ip(enter: readonly string[], words: readonly string[]): Promise<void> {
  const done = await run([...enter, '/usr/sbin/ip', ...words], { env: {}, limitMs: 10_000 });
  if (done.exitCode !== 0) throw new Error(`ip ${words.join(' ')}: ${done.stderr}`);
}

/** Runs a command there as root; throws what it says when it fails. */
export async function asRoot(
  host: Host,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const done = await host.run(root(), command, { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', ...env } });
  if (done.exitCode === 0) return done.stdout;
  throw new Error(`${command.join(' ')} on ${host.name}: ${done.stderr}${done.stdout}`);
}

/** Waits until somebody listens on a TCP port of the host. */
export async function listens(host: Host, port: number, limitMs = 20_000): Promise<void> {
  const seen = await until(
    async () => ((await listeners(host)).some((each) => each.endsWith(`:${port}`)) ? true : undefined),
    limitMs,
    100,
  );
  if (!seen) throw new Error(`After ${limitMs} ms nothing listens on port ${port} of ${host.name}`);
}

/** What listens on TCP there: `ADDRESS:PORT`. */
export async function listeners(host: Host): Promise<string[]> {
  const listed = await asRoot(host, ['/usr/bin/ss', '-H', '-t', '-l', '-n']);
  return listed
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(/\s+/)[3] ?? '');
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
