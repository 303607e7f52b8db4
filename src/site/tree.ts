/**
 * A configuration file as a tree that knows its lines. Every value is text here ("failsafe" YAML): what a text means
 * is the schema's business, so an account `0123` or a date keeps the form in which it was written.
 */
export type ConfigNode =
  | { kind: 'text'; line?: number; text: string }
  | { kind: 'list'; line?: number; items: ConfigNode[] }
  | { kind: 'map'; line?: number; entries: ConfigEntry[] };

export interface ConfigEntry {
  key: string;
  /** From 1; absent in what was read when the program was built. */
  line?: number;
  node: ConfigNode;
}

/** What is wrong in a configuration file, in words that follow its file and line. */
export interface Problem {
  file: string;
  line?: number;
  what: string;
}

/** A file as it was read: no root for a file that is not there or says nothing. */
export interface ConfigTree {
  root: ConfigNode | undefined;
  problems: Problem[];
}

/** The plain values of a failsafe YAML document, as JSON can hold them. */
export type PlainConfig = string | PlainConfig[] | { [key: string]: PlainConfig };

/** A tree without lines, of values that were read when the program was built. */
export function plainTree(value: PlainConfig): ConfigTree {
  return { root: plainNode(value), problems: [] };
}

function plainNode(value: PlainConfig): ConfigNode {
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (Array.isArray(value)) return { kind: 'list', items: value.map(plainNode) };
  const entries = Object.entries(value).map(([key, inner]) => ({ key, node: plainNode(inner) }));
  return { kind: 'map', entries };
}
