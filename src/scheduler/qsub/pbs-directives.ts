/** A request as #PBS lines for PBS Professional and OpenPBS. Pure. */
import { chunkText, mergedChunk, readChunk, type Part } from './qsub-chunk.js';
import { ownLines, settle, type OwnLines, type Wish } from './qsub-own.js';
import {
  noConstraintInPbs,
  noPbsReservation,
  noPbsResource,
  noQosInPbs,
  pbsTemplatesOwnWay,
  queueAndReservation,
} from '../../words/qsub.js';
import { commonWishes, sessionOptions, sizeText } from './qsub-values.js';
import type { Directives, JobRequest, Ranked } from '../scheduler.js';

/** Resources of the forms that came before `select`; PBS refuses a job that has both. */
const WHOLE_JOB = ['ncpus', 'ngpus', 'mem', 'vmem', 'arch', 'host', 'mpiprocs'];

/** See {@link Scheduler.directives}. */
export function pbsDirectives(request: JobRequest, template: string): Directives {
  if (request.qos) throw noQosInPbs();
  if (request.constraint) throw noConstraintInPbs();
  const own = ownLines(template, 'first');
  const wishes = [...commonWishes(withReservation(request)), ...selectWishes(request, own)];
  return { ...settle(template, wishes, sessionOptions(request), 'J'), log: request.logFile };
}

/** A reservation has a queue, which bears its name without the server's: `R123.server` is reached in queue `R123`. */
function withReservation(request: JobRequest): JobRequest {
  const { reservation, partition } = request;
  if (!reservation) return request;
  const queue = /^([RSM]\d+)(\.|$)/.exec(reservation.value)?.[1];
  if (queue === undefined) throw noPbsReservation(reservation.value);
  if (partition?.rank === 'upper' && partition.rank === reservation.rank && partition.value !== queue) {
    throw queueAndReservation(partition.value, reservation.value);
  }
  if (partition?.rank === 'upper') return request;
  return { ...request, partition: { value: queue, rank: reservation.rank } };
}

/** Nodes, cores, GPUs, memory and the centre's own resources are one chunk: each value takes its own place in it. */
function selectWishes(request: JobRequest, own: OwnLines): Wish[] {
  const parts = [...counts(request), ...generic(request.gres)];
  const asked = [request.nodes, ...parts].filter((value) => value !== undefined);
  const upper = asked.some(({ rank }) => rank === 'upper');
  const text = own.resource('select');
  const nodes = own.resource('nodes');
  if (asked.length === 0) return [];
  const wholeJob = WHOLE_JOB.some((name) => own.resource(name) !== undefined);
  if (text === undefined && nodes === undefined && wholeJob && request.nodes?.rank !== 'upper') {
    return parts.map(({ value: { key, value = '' }, rank }) => ({ letter: 'l', resource: key, value, rank }));
  }
  const chunk = text === undefined ? undefined : readChunk(text);
  const fixed = chunk === undefined && (text !== undefined || nodes !== undefined || wholeJob);
  if (fixed && !upper) return [];
  if (fixed) throw pbsTemplatesOwnWay(text, nodes);
  const merged = mergedChunk(chunk, request.nodes, parts);
  const value = chunkText(merged);
  const rank = upper || text !== undefined ? ('upper' as const) : ('lower' as const);
  return [
    ...(value === text ? [] : [{ letter: 'l', resource: 'select', value, rank }]),
    // Else several chunks may come to lie on one node.
    ...(request.nodes && chunk === undefined && merged.count > 1
      ? [{ letter: 'l', resource: 'place', value: 'scatter', rank: 'lower' as const }]
      : []),
  ];
}

function counts({ cpus, gpus, memory }: JobRequest): Ranked<Part>[] {
  const part = (key: string, value: number | string, { rank }: Ranked<unknown>) => ({
    value: { key, value: String(value) },
    rank,
  });
  return [
    ...(cpus ? [part('ncpus', cpus.value, cpus)] : []),
    ...(gpus ? [part('ngpus', gpus.value.count, gpus)] : []),
    ...(memory ? [part('mem', sizeText(memory.value), memory)] : []),
  ];
}

/** `lscratch=10gb,license:2`: resources that the centre has made, of one chunk. */
function generic(gres: JobRequest['gres']): Ranked<Part>[] {
  if (!gres) return [];
  return gres.value.split(',').map((entry) => {
    const [, name, value = '1'] = /^([A-Za-z][A-Za-z0-9_-]*)(?:[:=]([A-Za-z0-9_.-]+))?$/.exec(entry) ?? [];
    if (name === undefined) throw noPbsResource(entry);
    return { value: { key: /^gpus?$/.test(name) ? 'ngpus' : name, value }, rank: gres.rank };
  });
}
