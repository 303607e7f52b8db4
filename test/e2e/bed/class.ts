/** A class: one installation for everybody, students who load its module and type one line, all at the same moment. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { theBed } from './bed.js';
import { pieces, secretsOf } from './secrets.js';
import { slurmEnvironment } from './slurm.js';
import type { Proxy } from './proxy.js';
import { runAs, user, type User } from './users.js';

const SMALL = fileURLToPath(new URL('small_jupyter.py', import.meta.url));

const TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm'];

export interface Classroom {
  folder: string;
  /** Runs a line in a login shell of a student, on a machine with this module system. */
  type(student: User, system: ModuleSystem, line: string, path: string): ReturnType<typeof runAs>;
  /** The PATH on which a small server stands in Jupyter's place. */
  smallPath: string;
  remove(): void;
}

export type ModuleSystem = 'Environment Modules' | 'Lmod';

/** The site's one installation with its configuration: a proxy, and a profile that the teacher has set up. */
export function classroom(proxy: Proxy): Classroom {
  const folder = mkdtempSync('/var/tmp/start-jupyter-class-');
  chmodSync(folder, 0o755);
  const site = join(folder, 'start-jupyter');
  const { package: unpacked, node, lmod, environmentModules } = theBed();
  const { version } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as { version: string };
  const installed = join(site, version);
  mkdirSync(join(site, 'node/bin'), { recursive: true });
  symlinkSync(node, join(site, 'node/bin/node'));
  cpSync(unpacked, installed, { recursive: true });
  execFileSync('chmod', ['-R', 'a-w,a+rX', installed]);
  writeFileSync(join(site, 'systems.yaml'), systemsFile(proxy));
  mkdirSync(join(folder, 'small'));
  copyFileSync(SMALL, join(folder, 'small/jupyter'));
  chmodSync(join(folder, 'small/jupyter'), 0o755);
  const inits = { Lmod: [lmod, 'lmod'], 'Environment Modules': [environmentModules, 'tcl'] } as const;
  return {
    folder,
    smallPath: `${folder}/small:/usr/bin:/bin`,
    type(student, system, line, PATH) {
      const [init, kind] = inits[system];
      const login = `source '${init}'; module use '${installed}/share/modulefiles/${kind}'`;
      const command = ['/bin/bash', '--norc', '-c', `${login}\n${line}`];
      return runAs(student, command, { env: { ...slurmEnvironment(), PATH }, limitMs: 170_000 });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function systemsFile({ endpoint, caFile }: Proxy): string {
  return `systems:
  campus:
    description: The campus cluster
    clusters: [start-jupyter-testbed]
    hosts: ['.*']
    scheduler: slurm
    endpoint: ${endpoint}
    ca: ${caFile}
    protocol: v1
    profiles:
      course:
        description: Introduction to Python, Mondays
        partition: debug
        time: 30
        cpus: 1
        server: notebook
`;
}

export interface Seat {
  student: User;
  /** Of this student: 0, 1, … */
  number: number;
  system: ModuleSystem;
  /** A real notebook, not a small server. */
  real: boolean;
}

/** So many launches of each of the class's students, of which every third is a real notebook. */
export function seats(each: number): Seat[] {
  return theBed().students.flatMap((name, at) =>
    Array.from({ length: each }, (_, number) => ({
      student: user(name),
      number,
      system: at % 2 === 0 ? ('Lmod' as const) : ('Environment Modules' as const),
      real: (at * each + number) % 3 === 0,
    })),
  );
}

/** Looks for pieces of many people's secrets in much text at once. */
export interface SecretSearch {
  /** Whose secrets are in the text, each once. */
  ownersIn(text: string): string[];
}

/** To be made while the sessions have their secrets. */
export function secretSearch(sessions: readonly { owner: string; directory: string }[]): SecretSearch {
  const owners = new Map<string, string>();
  for (const { owner, directory } of sessions) {
    for (const piece of Object.values(secretsOf(directory)).flatMap(pieces)) owners.set(piece, owner);
  }
  return {
    ownersIn(text) {
      const found = new Set<string>();
      // A key's lines are searched for as one as well.
      for (const each of [text, text.replaceAll('\n', '')]) {
        for (const [run] of each.matchAll(/[\w+/=-]{16,}/g)) {
          for (let at = 0; at + 16 <= run.length; at++) {
            const owner = owners.get(run.slice(at, at + 16));
            if (owner !== undefined) found.add(owner);
          }
        }
      }
      return [...found].sort();
    },
  };
}

/** Everything that others might look into while the class is on: files of students, of Slurm, of the proxy, of /proc. */
export function placesToPry(students: readonly User[], proxy: Proxy): string[] {
  const homes = students.map(({ home }) => home);
  const cluster = dirname(theBed().slurmConf);
  return [
    ...filesIn(...TEMPORARY, ...homes, ...ownedBy(students), '-type', 'f'),
    ...filesIn(join(cluster, 'spool'), join(cluster, 'state'), proxy.folder, '-type', 'f'),
    ...processesOf(students).flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
  ];
}

/** What they have in the folders for temporary files. */
export function temporaryFilesOf(users: readonly User[]): string[] {
  return filesIn(...TEMPORARY, ...ownedBy(users));
}

/** Process ids of everything that these users run. */
export function processesOf(users: readonly User[]): string[] {
  const uids = new Set(users.map(({ uid }) => String(uid)));
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}`)) return false;
    try {
      return uids.has(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '');
    } catch {
      return false;
    }
  });
}

/** Everything that somebody can read of these files. */
export async function readBy(who: User, files: readonly string[]): Promise<string> {
  const { stdout } = await runAs(who, ['/bin/sh', '-c', 'xargs -0 cat --; :'], { input: files.join('\0') });
  return stdout;
}

function ownedBy(users: readonly User[]): string[] {
  return ['(', ...users.flatMap(({ name }) => ['-o', '-user', name]).slice(1), ')'];
}

/** find(1), for which it is no failure that a file goes while it looks. */
function filesIn(...args: string[]): string[] {
  const script = 'find "$@" -print0 2>/dev/null || :';
  const found = execFileSync('/bin/sh', ['-c', script, 'find', ...args], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  return found.split('\0').filter(Boolean);
}
