/** `start-jupyter doctor` */
import { examine } from '../../launch/doctor/examine.js';
import { doubtful, exitStatus, failed, type Finding } from '../../launch/doctor/finding.js';
import type { LaunchOptions } from '../../launch/options.js';
import type { Progress } from '../../launch/progress.js';
import { createConsole, paint } from '../console.js';
import { createContext } from '../context.js';
import { findingLines, summary } from '../findings.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import { readOptions } from '../launch-options.js';
import type { LaunchFlags } from '../options.js';
import { columnsOf } from '../wrapped.js';
import { LOOKING, VARIABLE_CURE } from '../../words/doctor.js';

/** A wider line is hard to read. */
const MOST_COLUMNS = 120;

/** The launch's options as they were given to the doctor. */
export interface GivenOptions {
  /** On the command line alone. */
  typed: LaunchFlags;
  /** Throws 'bad-option' for a variable that cannot be read. */
  withVariables: () => LaunchFlags;
  fromVariable: (option: string) => boolean;
  /** What is odd about the variables, a sentence each. */
  doubts: readonly string[];
}

/**
 * Looks at everything that a launch with these options would need. Gives the status that the launch would end with: of the
 * first finding that is bad, or 0.
 */
export async function doctorCommand(given: GivenOptions, host: Host): Promise<number> {
  const { json = false } = given.typed;
  const console = await createConsole(host, { json });
  try {
    const { options, findings: refused } = readableOptions(given);
    console.doing(LOOKING);
    const findings = [...refused, ...(await examine(createContext(host, SILENT), options))];
    const status = exitStatus(findings);
    if (json) await console.result(jsonLine({ findings, exitStatus: status }, host));
    else {
      console.rest();
      const width = Math.min(columnsOf(host.stdout), MOST_COLUMNS);
      const lines = findingLines(findings, width, await paint(host.stdout, host.env));
      await console.result(`${[...lines, '', summary(findings)].join('\n')}\n`);
    }
    return status;
  } finally {
    console.rest();
  }
}

/** An option that cannot be read, often a variable that was set long ago, keeps nobody from looking at the rest. */
function readableOptions({ typed, withVariables, fromVariable, doubts }: GivenOptions): {
  options: LaunchOptions;
  findings: Finding[];
} {
  const findings = doubts.map((text) => doubtful('Variables', text, VARIABLE_CURE));
  try {
    return { options: readOptions(undefined, withVariables(), fromVariable), findings };
  } catch (error) {
    const { system } = typed;
    const least = { schedulerArg: [], modulepath: [], bind: [], check: true, ...(system ? { system } : {}) };
    const options = readOptions(undefined, least, () => false);
    return { options, findings: [...findings, failed('Options', error)] };
  }
}

/** What a launch would say while it looks is said by the findings. */
const SILENT: Progress = {
  doing: () => undefined,
  fact: () => undefined,
  say: () => undefined,
  warn: () => undefined,
};
