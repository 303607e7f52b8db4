/** What --json prints: one object on a line, for programs. docs/json.md has every object with its keys. */
import type { Host } from './host.js';

/** Goes up when a key is taken away or means something else; a new key leaves it as it is. */
const FORMAT = 1;

/** The object with the format's version before everything; with a host also what was warned of and, for --info, said. */
export function jsonLine(object: object, host?: Pick<Host, 'held'>): string {
  const { warnings = [], info = {} } = host?.held ?? {};
  const json = JSON.stringify({
    version: FORMAT,
    ...object,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(Object.keys(info).length === 0 ? {} : { info }),
  });
  return `${json.replace(/[\x7f-\x9f]/g, escaped)}\n`;
}

/** JSON lets these be, and terminals obey some of them. */
function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
