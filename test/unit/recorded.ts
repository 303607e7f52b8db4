/** What running schedulers printed, command by command: test/fixtures/recorded. */
import { readFileSync } from 'node:fs';

export interface RecordedRun {
  /** As it was typed. */
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number;
}

const RUN = /^\$ ([^\n]*?) {4}\[as \w+\]\n--- stdout\n([^]*?)^--- stderr\n([^]*?)^--- exit status: (\d+)$/gm;

/** The commands of a recording (`torque/qstat_Q`) in their order. */
export function recordedRuns(name: string): RecordedRun[] {
  const text = readFileSync(new URL(`../fixtures/recorded/${name}.txt`, import.meta.url), 'utf8');
  return [...text.matchAll(RUN)].map(([, command = '', stdout = '', stderr = '', status]) => ({
    command,
    stdout,
    stderr,
    exitCode: Number(status),
  }));
}

/** The first command of a recording that looks like this. */
export function recordedRun(name: string, command: RegExp): RecordedRun {
  const found = recordedRuns(name).find((run) => command.test(run.command));
  if (!found) throw new Error(`${name} has no command like ${String(command)}`);
  return found;
}
