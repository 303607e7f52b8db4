/** Which of several sessions a person means, asked on the terminal. */
import { createInterface } from 'node:readline';
import type { LaunchContext } from '../launch/context.js';
import type { Pick, SeenSession } from '../launched/choose-session.js';
import type { KnownSession } from '../launched/known-sessions.js';
import { notChosen, pickHeading, pickQuestion, notOfThem } from '../words/sessions.js';
import { paint } from './console.js';
import type { Console } from './console.js';
import type { Host } from './host.js';
import { liveLines } from './session-lines.js';
import { terminalWidth } from './wrapped.js';

/** Undefined where nobody is there to be asked. */
export function pickOnTerminal(
  host: Host,
  console: Console,
  context: LaunchContext,
  { quiet = false, json = false }: { quiet?: boolean; json?: boolean } = {},
): Pick | undefined {
  if (quiet || json || !host.stderr.isTTY || !host.stdin.isTTY) return undefined;
  return (live) => pick(live, { host, console, context });
}

async function pick(
  live: readonly SeenSession[],
  { host, console, context }: { host: Host; console: Console; context: LaunchContext },
): Promise<KnownSession> {
  const width = String(live.length).length;
  const [heading = '', ...lines] = liveLines(live, {
    now: context.now(),
    colour: await paint(host.stderr, host.env),
    width: terminalWidth(host.stderr) - width - 2,
  });
  console.rest();
  const numbered = lines.map((line, at) => `${String(at + 1).padStart(width)}  ${line}`);
  host.stderr.write(`${pickHeading()}\n${' '.repeat(width)}  ${heading}\n${numbered.join('\n')}\n`);
  // No terminal of readline's own: Ctrl-C then is the signal that it is everywhere.
  const reader = createInterface({ input: host.stdin, terminal: false, signal: context.signal });
  const question = pickQuestion(live.length);
  try {
    host.stderr.write(question);
    for await (const line of reader) {
      const typed = line.trim();
      const chosen = typed === '' ? live[0] : /^\d+$/.test(typed) ? live[Number(typed) - 1] : undefined;
      if (chosen !== undefined) return chosen.session;
      host.stderr.write(`${notOfThem(live.length)}\n${question}`);
    }
    host.stderr.write('\n');
  } finally {
    reader.close();
    host.stdin.pause();
  }
  // Ctrl-C, or the input has ended.
  throw notChosen();
}
