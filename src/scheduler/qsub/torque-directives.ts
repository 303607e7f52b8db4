/** A request as #PBS lines for Torque. Pure. */
import { mergedChunk, chunkText, nodeCount, readChunk, type Chunk, type Part } from './qsub-chunk.js';
import { ownLines, settle, type OwnLines, type Wish } from './qsub-own.js';
import { noTorqueConstraint, oneNameForTorque, torqueTemplatesOwnWay } from '../../words/qsub.js';
import { commonWishes, sessionOptions, sizeText } from './qsub-values.js';
import type { Directives, JobRequest, Ranked } from '../scheduler.js';

/** Other ways of saying how many processors on how many nodes. */
const LIKE_NODES = ['procs', 'ncpus', 'select'];

/** Words that stand among a node's properties and are the mode of its GPUs. */
const GPU_MODE = /^(shared|exclusive(_thread|_process)?|default|prohibited|reseterr)$/;

/** See {@link Scheduler.directives}. What --qos, --reservation and --gres say is read by Moab and Maui alone. */
export function torqueDirectives(request: JobRequest, template: string): Directives {
  const own = ownLines(template, 'last');
  const wishes = [
    ...commonWishes(request),
    ...nodeWishes(request, own),
    ...memoryWishes(request, own),
    ...schedulerWishes(request),
  ];
  return { ...settle(template, wishes, sessionOptions(request), 't'), log: request.logFile };
}

/** Nodes, processors, GPUs and properties are one resource: each value takes its own place in it. */
function nodeWishes(request: JobRequest, own: OwnLines): Wish[] {
  const parts = [...counts(request), ...properties(request.constraint)];
  const asked = [request.nodes, ...parts].filter((value) => value !== undefined);
  const upper = asked.some(({ rank }) => rank === 'upper');
  const text = own.resource('nodes');
  const otherwise = LIKE_NODES.some((name) => own.resource(name) !== undefined);
  if (asked.length === 0 || (!upper && text === undefined && otherwise)) return [];
  const chunk = text === undefined ? undefined : readChunk(text);
  if (text !== undefined && chunk === undefined) {
    if (!upper) return [];
    throw torqueTemplatesOwnWay(text);
  }
  const merged = chunkText(mergedChunk(withoutOwnProperties(chunk, request), request.nodes, parts));
  if (merged === text) return [];
  // Beside a line of the template's own it has to replace that one.
  const rank = upper || text !== undefined ? 'upper' : 'lower';
  return [{ letter: 'l', resource: 'nodes', value: merged, rank, like: LIKE_NODES }];
}

function counts({ cpus, gpus }: JobRequest): Ranked<Part>[] {
  const part = (key: string, value: number | string, { rank }: Ranked<unknown>) => ({
    value: { key, value: String(value) },
    rank,
  });
  return [
    ...(cpus ? [part('ppn', cpus.value, cpus)] : []),
    ...(gpus?.value.form === 'gpus' ? [part('gpus', gpus.value.count, gpus)] : []),
  ];
}

/** `intel&ib` as the properties `intel` and `ib`. */
function properties(constraint: JobRequest['constraint']): Ranked<Part>[] {
  if (!constraint) return [];
  const names = constraint.value.split(/[&:]/);
  if (!names.every((name) => /^[A-Za-z][A-Za-z0-9_.-]*$/.test(name))) {
    throw noTorqueConstraint(constraint.value);
  }
  return names.map((key) => ({ value: { key }, rank: constraint.rank }));
}

/** Properties of the command line replace the template's. */
function withoutOwnProperties(chunk: Chunk | undefined, { constraint }: JobRequest): Chunk | undefined {
  if (!chunk || constraint?.rank !== 'upper') return chunk;
  return {
    ...chunk,
    parts: chunk.parts.filter(({ key, value }) => value !== undefined || GPU_MODE.test(key)),
  };
}

/** `mem` is the whole job's, --memory a node's. */
function memoryWishes({ memory, nodes }: JobRequest, own: OwnLines): Wish[] {
  if (!memory) return [];
  const text = own.resource('nodes');
  const count =
    nodes && (nodes.rank === 'upper' || text === undefined) ? nodes.value : nodeCount(text ?? '1');
  const value = sizeText(memory.value, count);
  return [{ letter: 'l', resource: 'mem', value, rank: memory.rank, like: ['pmem'] }];
}

function schedulerWishes({ qos, reservation, gres, gpus }: JobRequest): Wish[] {
  const asked =
    gpus?.value.form === 'gres' ? { value: `gpus:${gpus.value.count}`, rank: gpus.rank } : undefined;
  const both = [asked, gres].filter((value) => value !== undefined);
  const generic = both.map(({ value }) => value.replaceAll(',', '%').replaceAll('=', ':')).join('%');
  const rank = both.some((value) => value.rank === 'upper') ? 'upper' : 'lower';
  return [
    ...(qos ? [{ letter: 'l', resource: 'qos', value: oneWord('--qos', qos.value), rank: qos.rank }] : []),
    ...(reservation
      ? [
          {
            letter: 'l',
            resource: 'advres',
            value: oneWord('--reservation', reservation.value),
            rank: reservation.rank,
          },
        ]
      : []),
    ...(generic === '' ? [] : [{ letter: 'l', resource: 'gres', value: generic, rank } as const]),
  ];
}

/** A comma would start the next resource. */
function oneWord(option: string, value: string): string {
  if (!value.includes(',')) return value;
  throw oneNameForTorque(option, value);
}
