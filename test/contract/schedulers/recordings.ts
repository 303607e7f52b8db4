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

const known = new Map<string, Played[]>();

export function plainRuns(folder: string): Played[] {
  const runs = known.get(folder) ?? readPlainRuns(folder);
  known.set(folder, runs);
  return runs;
}

function readPlainRuns(folder: string): Played[] {
  const plain = recordings(folder).flatMap((recording) =>
    recordedRuns(`${folder}/${recording}`).flatMap((run) => {
      const groups = PLAIN.exec(run.command)?.groups;
      return groups ? [{ run, recording, call: groups['call'] ?? '', limit: groups['limit'] }] : [];
    }),
  );
  const words = shellWords(plain.map(({ call }) => call));
  return plain.map(({ run, recording, limit }, index) => {
    const hung = limit !== undefined && run.exitCode === 124;
    return { ...run, recording, argv: words[index] ?? [], hung };
  });
}

/** By the shell itself: one for all calls, since there are hundreds. */
function shellWords(calls: readonly string[]): string[][] {
  const script = calls.map((call) => `printf '%s\\0' ${call}; printf '\\1'`).join('\n');
  const printed = execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' });
  return printed
    .split('\x01')
    .slice(0, -1)
    .map((words) => {
      const [program = '', ...args] = words.split('\0').slice(0, -1);
      // Programs are run in the directory of the script, which has to be there.
      return [
        program.replace(/^.*\//, ''),
        ...args.map((argument) => argument.replace(/^\/home\/alice\//, '')),
      ];
    });
}
