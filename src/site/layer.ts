/** One configuration file, read. */
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
