/** Where the parts of the test bed are, as global-setup.ts found or made them. */
import { describe, inject } from 'vitest';

export interface Bed {
  /** The test bed's own folder; root's, readable by all. */
  folder: string;
  slurmConf: string;
  /** A Node of the version under test that ordinary users can run. */
  node: string;
  /** Virtual environment with JupyterLab 4 and Notebook 7. */
  jupyter4: string;
  /** Debian's `jupyter`, which runs Notebook 6. */
  jupyter3: string;
  /** Sourced by bash, they define `module`: the real Environment Modules and the real Lmod. */
  environmentModules: string;
  lmod: string;
  /** A container image as a directory, with a Jupyter of its own; `bare` beside it has none. */
  image: string;
  chromium: string;
  /** `manage.DOMAIN` is in /etc/hosts: loopback. */
  domain: string;
  /** Whoever holds a lock on this file uses the test bed. */
  inUse: string;
  /**
   * Ordinary users. bob is the curious neighbour; carol to nina are one suite's at a time, so that all of their processes,
   * jobs and sessions are its own. Those from olga to vera are of the suites that run beside the others (test/e2e/launched).
   */
  users: Record<
    | 'alice'
    | 'bob'
    | 'carol'
    | 'dave'
    | 'erin'
    | 'frank'
    | 'gina'
    | 'hank'
    | 'helen'
    | 'ivan'
    | 'judy'
    | 'karl'
    | 'lena'
    | 'mike'
    | 'nina'
    | 'olga'
    | 'paul'
    | 'rosa'
    | 'sara'
    | 'tina'
    | 'vera'
    | 'long'
    | 'proxy',
    string
  >;
  /** Twelve more, for a class. */
  students: string[];
  /** The master copy of what `npm pack` makes, unpacked, read-only; tests take a copy (package-copy.ts). */
  package: string;
  /** The tarball itself. */
  tarball: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    bed: Bed | null;
  }
}

/** A suite that needs the test bed: skipped, visibly, where there is none. */
export const describeOnBed = describe.skipIf(inject('bed') === null);

/** The test bed. Only inside of describeOnBed. */
export function theBed(): Bed {
  const bed = inject('bed');
  if (bed === null) throw new Error('There is no test bed here: use describeOnBed');
  return bed;
}
