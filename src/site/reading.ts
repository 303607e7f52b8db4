/** What every reader of a configuration value works with. */
import { MISTAKES } from '../words/configuration.js';
import { didYouMean } from './nearest.js';
import type { LayerName } from './origin.js';
import type { ConfigEntry, ConfigNode, Problem } from './tree.js';

/** Where in which file we are, and where mistakes are collected: all of a file's are shown together. */
export interface Reading {
  file: string;
  /** Whose file it is. */
  layer: LayerName;
  /** The keys that lead here: `systems.expanse.hosts`. */
  at: string;
  /** Reads a time as `--time` does; throws for one it does not understand. */
  minutes: (text: string) => number;
  problems: Problem[];
}

/** Turns a node into a value; undefined when it reported what is wrong instead. */
export type ReadValue<T> = (node: ConfigNode, reading: Reading) => T | undefined;

type Keys = Record<string, ReadValue<unknown>>;

/** What a map of known keys gives: a key that is not there, or wrong, is absent. */
export type ValuesOf<K extends Keys> = { [Key in keyof K]?: NonNullable<ReturnType<K[Key]>> };

/** Reports that a value is not what its key wants. */
export function unexpected(node: ConfigNode, reading: Reading, expected: string): void {
  const text = node.kind === 'text' ? node.text : '';
  report(reading, node.line, MISTAKES.unexpected(reading.at, text, expected));
}

/** Reads the entries of a map with a fixed list of keys; others are reported. */
export function* readEntries<K extends Keys>(
  keys: K,
  node: ConfigNode,
  reading: Reading,
): Generator<{ key: keyof K & string; value: unknown; line: number | undefined }> {
  for (const { key, line, node: inner } of entriesOf(node, reading)) {
    const at = below(reading, key);
    const read = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (read === undefined) {
      report(reading, line, MISTAKES.noSuchKey(at, didYouMean(key, Object.keys(keys))));
      continue;
    }
    const value = read(inner, { ...reading, at });
    if (value !== undefined) yield { key, value, line };
  }
}

/** A map with a fixed list of keys. */
export function mapOf<K extends Keys>(keys: K): ReadValue<ValuesOf<K>> {
  return (node, reading) => {
    const entries = [...readEntries(keys, node, reading)].map(({ key, value }) => [key, value]);
    return Object.fromEntries(entries) as ValuesOf<K>;
  };
}

/** A map with a fixed list of keys that keeps the line of each value: for what is laid over the same of other files. */
export interface Lined<Key extends string> {
  values: Map<Key, { value: unknown; line: number | undefined }>;
}

/** Reads such a map. */
export function linedMapOf<K extends Keys>(keys: K): ReadValue<Lined<keyof K & string>> {
  return (node, reading) => {
    const entries = [...readEntries(keys, node, reading)];
    return { values: new Map(entries.map(({ key, value, line }) => [key, { value, line }])) };
  };
}

/** A map from names that the site chooses. */
export function mapByName<T>(read: ReadValue<T>): ReadValue<Record<string, T>> {
  return (node, reading) => {
    const values: [string, T][] = [];
    for (const { key, line, node: inner } of entriesOf(node, reading)) {
      if (!/^[A-Za-z0-9][-A-Za-z0-9_.]*$/.test(key)) {
        report(reading, line, MISTAKES.noName(reading.at, key));
        continue;
      }
      const value = read(inner, { ...reading, at: below(reading, key) });
      if (value !== undefined) values.push([key, value]);
    }
    return Object.fromEntries(values);
  };
}

function below(reading: Reading, key: string): string {
  return reading.at === '' ? key : `${reading.at}.${key}`;
}

function entriesOf(node: ConfigNode, reading: Reading): ConfigEntry[] {
  if (node.kind === 'map') return node.entries;
  unexpected(node, reading, 'keys with values below it');
  return [];
}

/** Adds a mistake. */
export function report(reading: Reading, line: number | undefined, what: string): void {
  reading.problems.push({ file: reading.file, ...(line === undefined ? {} : { line }), what });
}
