/** Options of an earlier launch: which of them this version has, and all as they would be typed. */
import type { Command, Option } from 'commander';
import type { AskedFor, SessionRecord } from '../session/record.js';
import { EARLIER, saysYes, variableOf } from './variables.js';

/** What is shown, before the variables are read: what is typed contradicts them. */
export function inForce(program: Command, env: NodeJS.ProcessEnv): { quiet: boolean; json: boolean } {
  const { quiet = false, json = false } = program.opts<{ quiet?: boolean; json?: boolean }>();
  const byVariable = (option: string): boolean => !quiet && !json && saysYes(env[variableOf(option)]);
  return { quiet: quiet || byVariable('quiet'), json: json || byVariable('json') };
}

/** Those that say something, and the names of those that this version does not understand. */
export function fitOptions(
  program: Command,
  values: Readonly<Record<string, unknown>>,
): { fit: Record<string, unknown>; unfit: string[] } {
  const fit: Record<string, unknown> = {};
  const unfit: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const options = program.options.filter((option) => option.attributeName() === key);
    if (value === undefined || options.some((option) => isDefault(option, value))) continue;
    if (options.some((option) => fits(option, value))) fit[key] = value;
    else unfit.push(key);
  }
  return { fit, unfit };
}

function isDefault({ defaultValue, negate }: Option, value: unknown): boolean {
  if (Array.isArray(defaultValue)) return Array.isArray(value) && value.length === 0;
  return negate && value === true;
}

function fits(option: Option, value: unknown): boolean {
  if (Array.isArray(option.defaultValue)) {
    return Array.isArray(value) && value.every((one) => typeof one === 'string');
  }
  return option.required ? typeof value === 'string' : value === !option.negate;
}

/** What contradicts an option only in part: the launch decides by which of the two was typed. */
const RIVALS: Partial<Record<string, readonly string[]>> = {
  server: ['batchScript'],
  batchScript: ['server'],
  endpoint: ['connect'],
  connect: ['endpoint'],
  sshWay: ['connect', 'endpoint'],
  localPort: ['connect', 'endpoint'],
};

/** Whether an option gives way as one does that a variable gave, now or then. */
export function isVariable(program: Command, { fromVariables }: AskedFor, flag: string): boolean {
  const source = program.getOptionValueSource(flag);
  if (source !== EARLIER) return source === 'env';
  const isTypedNow = (rival: string): boolean => program.getOptionValueSource(rival) === 'cli';
  const wasVariable = Array.isArray(fromVariables) && fromVariables.includes(flag);
  return wasVariable || (RIVALS[flag] ?? []).some(isTypedNow);
}

/** The words of a command line that says what was typed now and what was asked for then. */
export function wordsFor(program: Command): string[] {
  const shown: unknown[] = ['cli', EARLIER];
  return program.options
    .filter((option) => shown.includes(program.getOptionValueSource(option.attributeName())))
    .flatMap((option) => wordsOf(option, program.getOptionValue(option.attributeName())));
}

function wordsOf(option: Option, value: unknown): string[] {
  if (!fits(option, value)) return [];
  const flag = option.short ?? option.long ?? '';
  if (Array.isArray(value)) return value.flatMap((one: string) => [flag, one]);
  return typeof value === 'string' ? [flag, value] : [flag];
}

/** What a record says of a launch, where nobody wrote down how it was asked for. */
export function knownLine(record: SessionRecord): string[] {
  const { system, scheduler, server, rootDir, walltimeMinutes } = record;
  return [
    ...(scheduler === 'local' ? ['--here'] : ['--system', system]),
    ...['-s', server, '-d', rootDir],
    ...(walltimeMinutes === undefined ? [] : ['-t', String(walltimeMinutes)]),
  ];
}
