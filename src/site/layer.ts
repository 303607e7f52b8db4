/** One configuration file, read. */
import { StartJupyterError } from '../errors.js';
import type { LayerName, Origin } from './origin.js';
import { mapByName, mapOf, readEntries, type Reading, type ReadValue } from './reading.js';
import { SYSTEM_KEYS, type SystemKey } from './schema.js';
import type { ConfigNode, Problem } from './tree.js';

/** What one file says of one system. */
export interface SystemLayer {
  origin: Origin;
  values: Map<SystemKey, { value: unknown; origin: Origin }>;
}

/** Reads one file's tree; mistakes are added to `problems`. */
export function readLayer(
  root: ConfigNode | undefined,
  { layer, file }: { layer: LayerName; file: string },
  minutes: (text: string) => number,
  problems: Problem[],
): Map<string, SystemLayer> {
  if (root === undefined) return new Map<string, SystemLayer>();
  const originAt = (line: number | undefined): Origin => ({
    layer,
    file,
    ...(line === undefined ? {} : { line }),
  });
  const system: ReadValue<SystemLayer> = (node, reading) => {
    const entries = [...readEntries(SYSTEM_KEYS, node, reading)];
    const values = new Map(entries.map(({ key, value, line }) => [key, { value, origin: originAt(line) }]));
    return { origin: originAt(node.line), values };
  };
  const top = mapOf({ systems: mapByName(system) });
  const reading: Reading = { file, layer, at: '', minutes, problems };
  return new Map(Object.entries(top(root, reading)?.systems ?? {}));
}

/** All mistakes of all files in one error, each with its file, line and key. `keys`: the document about them. */
export function badConfiguration(problems: readonly Problem[], keys: string): StartJupyterError {
  const lines = problems.map(({ file, line, what }) =>
    line === undefined ? `${file}: ${what}` : `${file}, line ${line}: ${what}`,
  );
  const [first = ''] = lines;
  const message = lines.length === 1 ? first : `${lines.length} mistakes:\n${lines.join('\n')}`;
  return new StartJupyterError('bad-configuration', message, {
    hint: `Every key is explained in ${keys}`,
  });
}
