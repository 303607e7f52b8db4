/** Every option as a variable: START_JUPYTER_<OPTION>, which ranks just below the command line. */
import type { Command, Option } from 'commander';
import { nearest } from '../site/nearest.js';
import { OWN_VARIABLES } from '../words/help.js';
import { neitherYesNorNo, unknownVariable } from '../words/options.js';
import type { LaunchFlags } from './options.js';

const PREFIX = 'START_JUPYTER_';

/** The variable that stands for an option: `--batch-script` is START_JUPYTER_BATCH_SCRIPT. */
export function variableOf(option: string): string {
  return PREFIX + option.replaceAll('-', '_').toUpperCase();
}

const OF_IMAGES = ['image', 'bind', 'nv', 'rocm'] as const;
const OF_CONDA = ['condaEnv', 'condaYml'] as const;

/** Which variables give way to an option of the command line that contradicts them. */
const BEATEN: Partial<Record<keyof LaunchFlags, readonly (keyof LaunchFlags)[]>> = {
  quiet: ['json'],
  json: ['quiet'],
  condaEnv: ['condaYml', ...OF_IMAGES],
  condaYml: ['condaEnv', ...OF_IMAGES],
  // An image brings its own software: what is named outside is not seen in it.
  modules: OF_IMAGES,
  image: OF_CONDA,
  bind: OF_CONDA,
  nv: ['rocm', ...OF_CONDA],
  rocm: ['nv', ...OF_CONDA],
};

/**
 * Gives every option that the command line leaves out the value of its variable, unless the command line contradicts it.
 * An empty variable is none.
 * @param hasTime the time is given by the argument
 * @throws StartJupyterError 'bad-option' for one that says neither yes nor no where that is asked
 */
export function readVariables(command: Command, env: NodeJS.ProcessEnv, hasTime = false): void {
  const given = [...givenIn(command), ...(hasTime ? ['time'] : [])];
  const beaten = beatenBy(given);
  for (const option of standingFor(command)) {
    const text = env[variableOf(option.name())];
    const key = option.attributeName();
    if (!text || beaten.has(key)) continue;
    const value = readValue(option, text);
    if (value !== undefined) command.setOptionValueWithSource(key, value, 'env');
  }
}

/** What of the options of an earlier launch still holds beside those that were typed now, by the same rules. */
export function notBeaten(
  command: Command,
  earlier: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const beaten = beatenBy(givenIn(command));
  return Object.fromEntries(Object.entries(earlier).filter(([key]) => !beaten.has(key)));
}

/** Where the value of an option comes from that an earlier launch had: it ranks below what is typed, above variables. */
export const EARLIER = 'earlier';

function givenIn(command: Command): string[] {
  const ranksAbove: unknown[] = ['cli', EARLIER];
  return command.options
    .map((option) => option.attributeName())
    .filter((key) => ranksAbove.includes(command.getOptionValueSource(key)));
}

/** What is given, and what contradicts it. */
function beatenBy(given: readonly string[]): Set<string> {
  const table: Partial<Record<string, readonly string[]>> = BEATEN;
  return new Set([...given, ...given.flatMap((key) => table[key] ?? [])]);
}

/** Whether the variable says yes; what is neither yes nor no counts as no here. */
export function saysYes(text: string | undefined): boolean {
  return text !== undefined && YES.includes(text.trim().toLowerCase());
}

/** A sentence for each variable that looks like one of ours and is none. */
export function unknownVariables(command: Command, env: NodeJS.ProcessEnv): string[] {
  const known = [
    ...standingFor(command).map((option) => variableOf(option.name())),
    ...Object.keys(OWN_VARIABLES),
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name) && !FOREIGN.test(name))
    .sort()
    .map((name) => {
      const meant = nearest(
        name.slice(PREFIX.length),
        known.map((one) => one.slice(PREFIX.length)),
      );
      return unknownVariable(name, meant === undefined ? undefined : PREFIX + meant);
    });
}

/** What module files set of every package, and what our own tests use. */
const FOREIGN = /^START_JUPYTER_(?:ROOT|HOME|BASE|PREFIX|PATH|BIN|VERSION|LIVE|SCREENSHOTS|TEST_.*)$/;

/**
 * All but --version. Of a command those alone that a launch has as well: a variable that was set for one thing must not say
 * that all sessions are to be stopped.
 */
export function standingFor(command: Command): Option[] {
  const ofLaunch = programOf(command).options.map((option) => option.name());
  return command.options.filter((option) => option.name() !== 'version' && ofLaunch.includes(option.name()));
}

function programOf(command: Command): Command {
  return command.parent === null ? command : programOf(command.parent);
}

const YES = ['1', 'true', 'yes', 'on'];
const NO = ['0', 'false', 'no', 'off', ''];

/** Undefined: as if it were not set. */
function readValue(option: Option, text: string): unknown {
  if (Array.isArray(option.defaultValue)) {
    const values = text.split(option.name() === 'modulepath' ? /[:\n]/ : '\n').filter((one) => one !== '');
    return values.length === 0 ? undefined : values;
  }
  if (option.required) return text;
  if (saysYes(text)) return !option.negate;
  if (NO.includes(text.trim().toLowerCase())) return undefined;
  throw neitherYesNorNo(variableOf(option.name()), text, option.name());
}
