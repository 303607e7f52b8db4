/** proxy.yaml: which keys stand where. What their values mean is in settings.ts. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml';
import { messageOf, StartJupyterError } from '../../errors.js';
import { isKey, KEYS } from './keys.js';
import type { FoundKeys } from './settings.js';

/** Throws StartJupyterError('bad-configuration') with file, line and key. */
export function readConfiguration(file: string): FoundKeys {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const [problem] = document.errors;
  if (problem) throw bad(`${lineAt(problem.pos[0])}: ${problem.message}`);
  if (document.contents === null) return {};
  if (!isMap(document.contents)) throw bad(`${file}: this is not a list of "key: value" lines.`);
  const found: FoundKeys = {};
  for (const { key, value } of document.contents.items as Pair<Node, Node | null>[]) {
    const name = isScalar(key) ? String(key.value) : '';
    const where = lineAt(key.range?.[0] ?? 0);
    if (!isKey(name)) throw unknownKey(where, name);
    found[name] = {
      value: valueOf(value, document, where),
      where: `${where}: ${name}`,
      folder: dirname(resolve(file)),
      code: 'bad-configuration',
    };
  }
  return found;
}

function valueOf(value: Node | null, document: Document, where: string): unknown {
  try {
    return value?.toJS(document);
  } catch {
    throw bad(
      `${where}: this value names an anchor that does not exist.`,
      'Put a value that begins with * in quotes.',
    );
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw bad(
      `The configuration ${file} cannot be read: ${messageOf(cause)}`,
      'start-jupyter-proxy init writes one for trying out.',
    );
  }
}

function unknownKey(where: string, name: string): StartJupyterError {
  const keys = Object.keys(KEYS);
  const [nearest = ''] = keys.toSorted((one, other) => distance(name, one) - distance(name, other));
  const meant = distance(name, nearest) <= 3 ? `Did you mean ${nearest}? ` : '';
  return bad(`${where}: unknown key ${JSON.stringify(name)}.`, `${meant}Known keys: ${keys.join(', ')}.`);
}

/** How many characters differ (Levenshtein), `-` and `_` being the same. */
function distance(one: string, other: string): number {
  const target = other.replaceAll('-', '_');
  let row = Array.from({ length: target.length + 1 }, (_, index) => index);
  for (const [index, character] of one.replaceAll('-', '_').split('').entries()) {
    const next = [index + 1];
    for (let column = 0; column < target.length; column++) {
      const replaced = (row[column] ?? 0) + (character === target[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[target.length] ?? 0;
}

function bad(message: string, hint?: string): StartJupyterError {
  return new StartJupyterError('bad-configuration', message, { hint });
}
