/** The site's program for more time, where it names one: people would meet a mistake only when their time is nearly up. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { MORE_TIME } from '../../words/doctor.js';
import type { Surroundings } from './examine.js';
import { doubtful, good, type Finding } from './finding.js';

export async function lookForMoreTime({ system }: Surroundings): Promise<Finding[]> {
  const program = system?.values.hooks?.extend;
  if (program === undefined) return [];
  const runs = await mayRun(program);
  return [
    runs
      ? good(MORE_TIME.label, MORE_TIME.asked(program))
      : doubtful(MORE_TIME.label, ...MORE_TIME.cannotRun(program)),
  ];
}

async function mayRun(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return (await stat(program)).isFile();
  } catch {
    return false;
  }
}
