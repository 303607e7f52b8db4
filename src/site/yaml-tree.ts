/** Reads YAML. A module of its own, because the library takes its time to load and many runs have no file to read. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import { MISTAKES } from '../words/configuration.js';
import type { ConfigEntry, ConfigNode, ConfigTree, Problem } from './tree.js';

/** The tree of a file's text. */
export function yamlTree(text: string, file: string): ConfigTree {
  const lines = new LineCounter();
  const document = parseDocument<Node>(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const problems: Problem[] = document.errors.map((error) => ({
    file,
    line: lineOf(error.pos[0]),
    what: error.code === 'DUPLICATE_KEY' ? MISTAKES.keyTwice : MISTAKES.noYaml(error.message),
  }));
  if (problems.length > 0 || isEmpty(document.contents)) return { root: undefined, problems };
  const root = nodeOf(document.contents, { file, problems, lineOf });
  return { root: problems.length > 0 ? undefined : root, problems };
}

interface Reading {
  file: string;
  problems: Problem[];
  lineOf: (offset: number) => number;
}

function nodeOf(node: unknown, reading: Reading): ConfigNode {
  const line = lineOfNode(node, reading);
  if (isMap(node)) {
    return {
      kind: 'map',
      ...line,
      entries: node.items.map((pair) => entryOf(pair.key, pair.value, reading)),
    };
  }
  if (isSeq(node)) return { kind: 'list', ...line, items: node.items.map((item) => nodeOf(item, reading)) };
  if (isAlias(node)) {
    reading.problems.push({ file: reading.file, ...line, what: MISTAKES.alias });
  }
  return { kind: 'text', ...line, text: isScalar<string>(node) ? node.value : '' };
}

function entryOf(key: unknown, value: unknown, reading: Reading): ConfigEntry {
  const line = lineOfNode(key, reading);
  if (!isScalar(key)) reading.problems.push({ file: reading.file, ...line, what: MISTAKES.notPlain });
  return { key: isScalar<string>(key) ? key.value : '', ...line, node: nodeOf(value, reading) };
}

function lineOfNode(node: unknown, reading: Reading): { line?: number } {
  const start = (node as Node | null)?.range?.[0];
  return start === undefined ? {} : { line: reading.lineOf(start) };
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && (contents.value === null || contents.value === ''));
}
