import { execFileSync } from 'node:child_process';

/** A command line as a shell gives it to a program. */
export function shellWords(line: string): string[] {
  const said = execFileSync('/bin/sh', ['-c', `HOME=/home/ann; printf '%s\\0' ${line}`], {
    encoding: 'utf8',
  });
  return said.split('\0').slice(0, -1);
}
