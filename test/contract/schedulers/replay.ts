/** Programs for PATH that answer as recorded ones did: for exactly the arguments of a recording, and for nothing else. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedRun } from '../../unit/recorded.js';

export interface Replay {
  /** A PATH on which nothing but the programs is. */
  env: NodeJS.ProcessEnv;
  /** Answers these arguments so, once. The same arguments may have several answers: they come in their order. */
  answers(argv: readonly string[], run: Pick<RecordedRun, 'stdout' | 'stderr' | 'exitCode'>): Promise<void>;
  /** Gives no answer at all to these arguments. */
  hangs(argv: readonly string[]): Promise<void>;
  /** Fails for calls that no recording answers, for anything on standard input, and for answers that nobody asked for. */
  done(): Promise<void>;
}

/** Between two arguments; no argument here has one. */
const SEPARATOR = '\x1f';

const PROGRAM = `#!/bin/bash
name=\${0##*/}
place=\${0%/*}/answers
key=$name; for argument in "$@"; do key=$key$'\\x1f'$argument; done
said=$(/bin/cat)
if [ -n "$said" ]; then printf '%s\\n' "$key got on standard input: $said" >>"$place/../wrong"; exit 99; fi
for answer in "$place"/*; do
  [ "$(<"$answer/argv")" = "$key" ] && [ ! -e "$answer/used" ] || continue
  : >"$answer/used"
  if [ -e "$answer/hangs" ]; then exec /bin/sleep 60; fi
  /bin/cat "$answer/stdout"
  /bin/cat "$answer/stderr" >&2
  exit "$(<"$answer/status")"
done
printf '%s\\n' "nobody recorded: $key" >>"$place/../wrong"
exit 99
`;

/** @param programs the names that are on PATH */
export async function startReplay(programs: readonly string[]): Promise<Replay> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'));
  const answers = join(folder, 'answers');
  await mkdir(answers);
  for (const program of programs) {
    await writeFile(join(folder, program), PROGRAM);
    await chmod(join(folder, program), 0o755);
  }
  let count = 0;
  const add = async (argv: readonly string[], files: Record<string, string>) => {
    // Sorted as text by the programs.
    const answer = join(answers, String((count += 1)).padStart(4, '0'));
    await mkdir(answer);
    for (const [name, text] of Object.entries({ ...files, argv: argv.join(SEPARATOR) })) {
      await writeFile(join(answer, name), text);
    }
  };
  return {
    env: { PATH: folder, HOME: '/home/alice' },
    answers: (argv, { stdout, stderr, exitCode }) => add(argv, { stdout, stderr, status: String(exitCode) }),
    hangs: (argv) => add(argv, { hangs: '' }),
    async done() {
      const wrong = await readFile(join(folder, 'wrong'), 'utf8').catch(() => '');
      const unused: string[] = [];
      for (const answer of await readdir(answers)) {
        if (existsSync(join(answers, answer, 'used'))) continue;
        const argv = await readFile(join(answers, answer, 'argv'), 'utf8');
        unused.push(`nobody asked for: ${argv.replaceAll(SEPARATOR, ' ')}`);
      }
      await rm(folder, { recursive: true, force: true });
      const complaints = [wrong.trim(), ...unused].filter((line) => line !== '');
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
    },
  };
}
