/** What is said of configuration files, and of systems that nobody described. */
import { StartJupyterError } from '../errors.js';

/** A mistake, and where it is. */
export interface ConfigurationMistake {
  file: string;
  line?: number;
  what: string;
}

/** All mistakes of all files in one error. `keys`: the document about them. */
export function badConfiguration(problems: readonly ConfigurationMistake[], keys: string): StartJupyterError {
  const lines = problems.map(({ file, line, what }) =>
    line === undefined ? `${file}: ${what}` : `${file}, line ${line}: ${what}`,
  );
  const [first = ''] = lines;
  const message = lines.length === 1 ? first : `${lines.length} mistakes:\n${lines.join('\n')}`;
  return new StartJupyterError('bad-configuration', message, {
    hint: `Every key is explained in ${keys}`,
  });
}

/** `from`: who named it, an option or a variable. */
export function noSuchSystem(
  name: string,
  from: string,
  { meant, names }: { meant: string | undefined; names: readonly string[] },
): StartJupyterError {
  return new StartJupyterError(
    'unknown-system',
    `There is no system ${JSON.stringify(name)} (from ${from})`,
    {
      hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}Known are: ${names.join(', ')}.`,
    },
  );
}

/** `entry`: what would make it known, ready to paste. */
export function unknownHost(
  hosts: readonly string[],
  cluster: string | undefined,
  { known, entry }: { known: readonly string[]; entry: string },
): StartJupyterError {
  const clusterWords =
    cluster === undefined ? 'no cluster name was to be had' : `the cluster name ${cluster}`;
  const looked = `the host name ${hosts.join(' and ')}; ${clusterWords}`;
  return new StartJupyterError('unknown-system', `This is no system that is known. Looked at: ${looked}`, {
    hint: `Known are: ${known.join(', ')}; --system NAME chooses one.
To make this one known, put this into ~/.config/start-jupyter/systems.yaml (for everybody: /etc/start-jupyter/systems.yaml):

${entry}`,
  });
}

/** For a name in a list of those known. */
export function retired(name: string): string {
  return `${name} (retired)`;
}

/** Why it is taken for this system, for a bracket behind its name. */
export const WHY_SYSTEM = {
  named: (from: string) => `given by ${from}`,
  host: (name: string, pattern: string) => `the host name ${name} matches ${pattern}`,
  cluster: (cluster: string) => `the scheduler calls itself ${cluster}`,
  unknown: (host: string) => `${host} is no known system`,
  noScheduler: (host: string) => `${host} is no known system and has neither sbatch nor qsub`,
} as const;

/**
 * What is wrong within a file. `at`: the keys that lead there; `meant`: " (did you mean ...?)", or nothing. What a key
 * expects stands with the key, in src/site/schema.ts.
 */
export const MISTAKES = {
  unexpected: (at: string, text: string, expected: string) =>
    `${at || 'the file'}${text === '' ? '' : ` is ${JSON.stringify(text)}`}: expected ${expected}`,
  noSuchKey: (at: string, meant: string) => `${at}: there is no such key${meant}`,
  /** Where a key is named. */
  noKeyNamed: (at: string, text: string | undefined, meant: string) =>
    `${at}: there is no key${text === undefined ? ' like this' : ` ${JSON.stringify(text)}`}${meant}`,
  noName: (at: string, text: string) =>
    `${at}: ${JSON.stringify(text)} is no name: expected letters, digits, - _ .`,
  ofSite: (at: string) => `${at}: only the site’s configuration may say this, not your own`,
  together: (at: string, second: string, first: string) =>
    `${at}.${second} does not go together with ${first}: each of them brings the software`,
  noProfile: (system: string, name: string, meant: string) =>
    `systems.${system}.profile is "${name}": there is no such profile${meant}`,
  locked: (at: string, key: string, touched: string) => {
    const instead = touched === key ? 'cannot be changed here' : `cannot stand here beside ${touched}`;
    return `${at}.${key} ${instead}: your site has locked ${touched} in this profile (a profile of your own needs another name)`;
  },
  emptyLock: (at: string, key: string) => `${at}.locked has ${key}, but the profile does not say what it is`,
  noScheduler: (system: string, meant: string) =>
    `systems.${system} has no scheduler in any file: expected slurm, torque, pbs or local${meant}`,
  unreadable: (why: string) => `cannot be read (${why})`,
  keyTwice: 'this key stands twice in the same place',
  noYaml: (why: string) => `this is no YAML: ${why}`,
  alias: 'aliases (*name) are not understood here',
  notPlain: 'a key has to be a plain word',
} as const;
