/** Which of the known systems this is. */
import { basename } from 'node:path';
import type { StartJupyterError } from '../errors.js';
import { noSuchSystem, retired, unknownHost, WHY_SYSTEM } from '../words/configuration.js';
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
  if (clusters !== undefined) return { system: clusters, why: WHY_SYSTEM.cluster(cluster ?? '') };
  const local = systems.find(({ name }) => name === 'local');
  if (local !== undefined && surroundings.submitsNothing) {
    return { system: local, why: WHY_SYSTEM.unknown(fullName) };
  }
  if (schedulersOnPath.length > 0 || local === undefined) throw await notKnown(surroundings, cluster);
  return { system: local, why: WHY_SYSTEM.noScheduler(fullName) };
}

function byName(name: string, from: string, systems: readonly System[]): Detection {
  const system = systems.find((one) => one.name === name);
  if (system !== undefined) return { system, why: WHY_SYSTEM.named(from) };
  const names = systems.map((one) => one.name).sort();
  throw noSuchSystem(name, from, { meant: nearest(name, names), names });
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
      if (name !== undefined) return { system, why: WHY_SYSTEM.host(name, pattern) };
    }
  }
  return undefined;
}

function hostNames({ shortName, fullName }: Pick<Surroundings, 'shortName' | 'fullName'>): string[] {
  return [...new Set([shortName, fullName.replace(/\.$/, '')])];
}

async function notKnown(surroundings: Surroundings, cluster: string | undefined): Promise<StartJupyterError> {
  const hosts = hostNames(surroundings);
  const known = surroundings.systems.map(({ name, values }) => (values.retired ? retired(name) : name));
  const hasSlurm = surroundings.schedulersOnPath.some((tool) => basename(tool) === 'sbatch');
  // A qsub beside sbatch most often stands in front of Slurm.
  const scheduler = hasSlurm ? 'slurm' : await surroundings.qsubKind?.();
  const entry = readyEntry({ hosts, cluster, ...(scheduler ? { scheduler } : {}) });
  return unknownHost(hosts, cluster, { known: known.sort(), entry });
}
