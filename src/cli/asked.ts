/** What a launch was asked for, kept with its session to be asked for again. */
import type { AskedFor } from '../session/record.js';
import type { LaunchFlags } from './options.js';

/** What is shown and done afterwards is a matter of the moment. */
const OF_THE_MOMENT: readonly (keyof LaunchFlags)[] = [
  ...(['info', 'quiet', 'json', 'dryRun'] as const),
  ...(['wait', 'timeout', 'open'] as const),
];

/** Paths stay as they were typed: they are relative to `cwd`. What was not asked for is left out. */
export function askedFor(
  time: string | undefined,
  flags: LaunchFlags,
  cwd: string,
  fromVariable: (flag: string) => boolean = () => false,
): AskedFor {
  const given = Object.entries(flags).filter(([name, value]: [string, unknown]) => {
    if ((OF_THE_MOMENT as readonly string[]).includes(name) || value === undefined) return false;
    if (Array.isArray(value)) return value.length > 0;
    return name !== 'check' || value === false;
  });
  const fromVariables = given.map(([name]) => name).filter(fromVariable);
  return {
    ...(time === undefined ? {} : { time }),
    flags: Object.fromEntries(given),
    ...(fromVariables.length === 0 ? {} : { fromVariables }),
    cwd,
  };
}
