/** `2:ppn=4:gpus=1:bigmem` of -l nodes= and `2:ncpus=4:mem=8gb` of -l select=: a count of equal nodes. Pure. */
import type { Ranked } from '../scheduler.js';

/** `ppn=4` has a value, a node's property (`bigmem`) has none. */
export interface Part {
  key: string;
  value?: string;
}

export interface Chunk {
  count: number;
  parts: Part[];
}

/** Undefined for several kinds of nodes (`1:ppn=2+2:ppn=4`) and for a node's own name in the place of the count. */
export function readChunk(text: string): Chunk | undefined {
  const [first = '', ...rest] = text.trim().split(':');
  if (/[+#'"\s]/.test(text)) return undefined;
  if (/^\d+$/.test(first)) return { count: Number(first), parts: rest.map(readPart) };
  // PBS takes the count for 1 where there is none; a bare word there is a node to Torque.
  return first.includes('=') ? { count: 1, parts: [first, ...rest].map(readPart) } : undefined;
}

function readPart(text: string): Part {
  const at = text.indexOf('=');
  return at === -1 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}

export function chunkText({ count, parts }: Chunk): string {
  return [String(count), ...parts.map(partText)].join(':');
}

function partText({ key, value }: Part): string {
  return value === undefined ? key : `${key}=${value}`;
}

/** How many nodes a text asks for in all, whatever kinds. */
export function nodeCount(text: string): number {
  const counts = text.split('+').map((kind) => Number(/^\s*(\d+)(?:[:#]|\s*$)/.exec(kind)?.[1] ?? 1));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Puts each wish into its place: one of rank `upper` replaces what is there, one of rank `lower` fills a gap. */
export function mergedChunk(
  own: Chunk | undefined,
  count: Ranked<number> | undefined,
  wishes: readonly Ranked<Part>[],
): Chunk {
  const base = own ?? { count: 1, parts: [] };
  const merged = {
    count: count && (count.rank === 'upper' || own === undefined) ? count.value : base.count,
    parts: [...base.parts],
  };
  for (const { value, rank } of wishes) {
    const at = merged.parts.findIndex((part) => part.key === value.key);
    if (at === -1) merged.parts.push(value);
    else if (rank === 'upper') merged.parts[at] = value;
  }
  return merged;
}
