/** The one place where an error becomes words and an exit status. */
import { sentence, StartJupyterError } from '../errors.js';
import { unexpected } from '../words/results.js';
import { shownLines } from './command-line.js';
import { paint } from './console.js';
import type { Host } from './host.js';
import { jsonLine } from './json.js';
import { fitted } from './wrapped.js';

/** Writes the error to stderr, as one JSON object or for a person; gives the exit status. */
export async function explain(error: unknown, host: Host, { json }: { json: boolean }): Promise<number> {
  const ours = error instanceof StartJupyterError ? error : unexpected(error);
  const message = sentence(ours.message);
  if (json) {
    const facts = {
      code: ours.code,
      message,
      hint: ours.hint ?? null,
      ...(ours.detail === undefined ? {} : { detail: ours.detail }),
      ...(host.held.warnings.length === 0 ? {} : { warnings: host.held.warnings }),
    };
    host.stderr.write(jsonLine({ error: facts }));
    return ours.exitCode;
  }
  const colour = await paint(host.stderr, host.env);
  const said = fitted(`start-jupyter: ${shownLines(message)}`, host.stderr);
  const lines = [said.replace('start-jupyter:', colour.red('start-jupyter:'))];
  if (ours.detail !== undefined && ours.detail.trim() !== '') {
    for (const line of shownLines(ours.detail.trimEnd()).split('\n')) lines.push(`  | ${line}`);
  }
  if (ours.hint !== undefined) lines.push(fitted(shownLines(ours.hint), host.stderr));
  host.stderr.write(`${lines.join('\n')}\n`);
  return ours.exitCode;
}
