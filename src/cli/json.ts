/** What --json prints: one object on a line, for programs. docs/json.md has every object with its keys. */
import type { Host } from './host.js';

/** Goes up when a key is taken away or means something else; a new key leaves it as it is. */
const FORMAT = 1;

/** The object with the format's version before everything; with a host also what was warned of and, for --info, said. */
export function jsonLine(object: object, host?: Pick<Host, 'held'>): string {
  const { warnings = [], info = {} } = host?.held ?? {};
  return `${JSON.stringify({
    version: FORMAT,
    ...object,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
  })}\n`;
}
