/**
 * The environment in which a scheduler's tools run, and which a job inherits from them. The login environment as a whole does
 * not travel: the job restores what the check found (docs/architecture.md, `environment`).
 */

const KEPT = [
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'PATH',
  'LANG',
  'TZ',
  'TERM',
  // Sites install their scheduler as a module: its tools may not start without it.
  'LD_LIBRARY_PATH',
  // Where the user's Kerberos tickets are, for sites whose scheduler passes them on.
  'KRB5CCNAME',
];

/** The least that a tool and a job need; LC_* and the variables named in `also` come along. */
export function jobEnvironment(env: NodeJS.ProcessEnv, also: readonly string[] = []): NodeJS.ProcessEnv {
  return pick(env, (name) => KEPT.includes(name) || name.startsWith('LC_') || also.includes(name));
}

function pick(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name)));
}

/** Read by bash before a script's own lines, or for how it reads them. */
const CHANGES_BASH = ['BASH_ENV', 'ENV', 'SHELLOPTS', 'BASHOPTS', 'POSIXLY_CORRECT'];

/**
 * For a job on this very machine: what a program has that is started by hand here, such as the GPUs and folders that an
 * allocation names in variables. Without what would change how bash runs the job's script, a shell's functions too.
 */
export function foregroundEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return pick(env, (name) => !CHANGES_BASH.includes(name) && !name.startsWith('BASH_FUNC_'));
}
