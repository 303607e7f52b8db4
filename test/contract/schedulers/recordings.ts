/** What of the recordings each adapter can be asked, as arguments. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { recordedRuns, type RecordedRun } from '../../unit/recorded.js';

export interface Played extends RecordedRun {
  /** The file without its folder: `qstat_state_R`. */
  recording: string;
  /** As the program got them, its own name first. */
  argv: string[];
  /** It was cut off from outside, because it gave no answer. */
  hung: boolean;
}

/** One program with arguments alone; what is piped, changed or joined with others cannot be asked for as it is. */
const PLAIN =
  /^(?:timeout (?<limit>\d+) )?(?:FOO=bar )?(?<call>(?:\/usr\/local\/bin\/)?q(?:sub|stat|del)\b[^;|<>]*)$/;

export function recordings(folder: string): string[] {
  const files = readdirSync(new URL(`../../fixtures/recorded/${folder}`, import.meta.url));
  return files.map((file) => file.replace(/\.txt$/, '')).sort();
}

export function plainRuns(folder: string): Played[] {
  return recordings(folder).flatMap((recording) =>
    recordedRuns(`${folder}/${recording}`).flatMap((run) => {
      const groups = PLAIN.exec(run.command)?.groups;
      if (!groups) return [];
      const hung = groups['limit'] !== undefined && run.exitCode === 124;
      return [{ ...run, recording, argv: shellWords(groups['call'] ?? ''), hung }];
    }),
  );
}

/** By the shell itself. */
function shellWords(call: string): string[] {
  const printed = execFileSync('/bin/bash', ['-c', `printf '%s\\0' ${call}`], { encoding: 'utf8' });
  const [program = '', ...args] = printed.split('\0').slice(0, -1);
  // Programs are run in the directory of the script, which has to be there.
  return [program.replace(/^.*\//, ''), ...args.map((argument) => argument.replace(/^\/home\/alice\//, ''))];
}
