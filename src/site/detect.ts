/** Which of the known systems this is. */
import { basename } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { nearest } from './nearest.js';
import { readyEntry, type HostFacts } from './ready-entry.js';
import type { System } from './system.js';

export interface Surroundings {
  /** The name of a system that somebody gave: it decides. */
  override?: string;
  /** Who gave it: `--system` or `START_JUPYTER_SYSTEM`. */
  overrideFrom?: string;
  /** The host's name without its domain. */
  shortName: string;
  /** With its domain, where that is known; else the short name again. */
  fullName: string;
  /** Asks the scheduler for its cluster's name; undefined when it cannot be told. Called only if no host name decides. */
  clusterName?: () => Promise<string | undefined>;
  /** Where `sbatch` and `qsub` are on PATH; empty: this machine has no scheduler. */
  schedulersOnPath: readonly string[];
  /** Asks `qsub` whose it is; undefined when it does not say. Called only for the entry of a system that is not known. */
  qsubKind?: () => Promise<HostFacts['scheduler'] | undefined>;
  /** Nothing will be submitted: a machine that is not known is `local` although it has a scheduler. */
  submitsNothing?: boolean;
  /** As loadSystems orders them: the first that matches is taken. */
  systems: readonly System[];
}

export interface Detection {
  system: System;
  /** Why this one, in words for a bracket behind its name. */
  why: string;
}

/**
 * Finds the system: the one that was named; else the first of which a host pattern matches, short name or full; else by the
 * cluster's name; else `local`, but only where there is no scheduler at all.
 * @throws StartJupyterError 'unknown-system' with an entry for systems.yaml ready to paste
 */
export async function detectSystem(surroundings: Surroundings): Promise<Detection> {
  const { override, overrideFrom = 'the request', systems, schedulersOnPath, fullName } = surroundings;
  if (override !== undefined) return byName(override, overrideFrom, systems);
  const known = systemOfHost(surroundings);
  if (known !== undefined) return known;
  const cluster = await surroundings.clusterName?.();
  const clusters = systems.find(({ values }) => cluster !== undefined && values.clusters.includes(cluster));
  if (clusters !== undefined) return { system: clusters, why: `the scheduler calls itself ${cluster ?? ''}` };
  const local = systems.find(({ name }) => name === 'local');
  if (local !== undefined && surroundings.submitsNothing) {
    return { system: local, why: `${fullName} is no known system` };
  }
  if (schedulersOnPath.length > 0 || local === undefined) throw await unknownHost(surroundings, cluster);
  return { system: local, why: `${fullName} is no known system and has neither sbatch nor qsub` };
}

function byName(name: string, from: string, systems: readonly System[]): Detection {
  const system = systems.find((one) => one.name === name);
  if (system !== undefined) return { system, why: `given by ${from}` };
  const names = systems.map((one) => one.name).sort();
  const meant = nearest(name, names);
  throw new StartJupyterError('unknown-system', `There is no system ${JSON.stringify(name)} (from ${from})`, {
    hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}Known are: ${names.join(', ')}.`,
  });
}

/** The first system of which a host pattern matches, short name or full. */
export function systemOfHost({
  systems,
  ...host
}: Pick<Surroundings, 'systems' | 'shortName' | 'fullName'>): Detection | undefined {
  const names = hostNames(host);
  for (const system of systems) {
    for (const pattern of system.values.hosts) {
      const whole = new RegExp(`^(?:${pattern})$`, 'i');
      const name = names.find((one) => whole.test(one));
      if (name !== undefined) return { system, why: `the host name ${name} matches ${pattern}` };
    }
  }
  return undefined;
}

function hostNames({ shortName, fullName }: Pick<Surroundings, 'shortName' | 'fullName'>): string[] {
  return [...new Set([shortName, fullName.replace(/\.$/, '')])];
}

async function unknownHost(
  surroundings: Surroundings,
  cluster: string | undefined,
): Promise<StartJupyterError> {
  const hosts = hostNames(surroundings);
  const clusterWords =
    cluster === undefined ? 'no cluster name was to be had' : `the cluster name ${cluster}`;
  const looked = `the host name ${hosts.join(' and ')}; ${clusterWords}`;
  const known = surroundings.systems.map(({ name, values }) => (values.retired ? `${name} (retired)` : name));
  const hasSlurm = surroundings.schedulersOnPath.some((tool) => basename(tool) === 'sbatch');
  // A qsub beside sbatch most often stands in front of Slurm.
  const scheduler = hasSlurm ? 'slurm' : await surroundings.qsubKind?.();
  const entry = readyEntry({ hosts, cluster, ...(scheduler ? { scheduler } : {}) });
  return new StartJupyterError('unknown-system', `This is no system that is known. Looked at: ${looked}`, {
    hint: `Known are: ${known.sort().join(', ')}; --system NAME chooses one.
To make this one known, put this into ~/.config/start-jupyter/systems.yaml (for everybody: /etc/start-jupyter/systems.yaml):

${entry}`,
  });
}
