/** An entry for systems.yaml that a person can paste. */

export interface HostFacts {
  /** The short name, and the full one where it differs. */
  hosts: readonly string[];
  cluster: string | undefined;
  /** Undefined: it has a qsub that does not say whose it is. */
  scheduler?: 'slurm' | 'torque' | 'pbs';
}

/** A whole systems.yaml that makes this host known; only the endpoint is left to be filled in. */
export function readyEntry({ hosts, cluster, scheduler }: HostFacts): string {
  const patterns = hosts.map((name) => `      - '${hostPattern(name)}'\n`).join('');
  return `systems:
  ${systemName(hosts, cluster)}:
    hosts:
${patterns}    scheduler: ${scheduler ?? 'torque # or pbs'}
    endpoint: jupyter.example.org # the domain of the proxy at your centre
`;
}

/** The login nodes of one cluster differ in the number of their short name. A quote is doubled for YAML. */
function hostPattern(name: string): string {
  return name
    .replace(/[^A-Za-z0-9-]/g, String.raw`\$&`)
    .replace(/^([^.]*?)[0-9]+/, '$1[0-9]+')
    .replaceAll("'", "''");
}

/** The cluster's name, else the first word of the domain, else the host's name without its number. */
function systemName(hosts: readonly string[], cluster: string | undefined): string {
  const [short = '', full = ''] = hosts;
  const name = cluster ?? full.split('.')[1] ?? short.replace(/[-0-9]+$/, '');
  const cleaned = name.replace(/[^A-Za-z0-9-]/g, '').replace(/^-+/, '');
  return cleaned === '' ? 'mycluster' : cleaned;
}
