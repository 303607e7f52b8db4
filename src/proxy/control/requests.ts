/** The bodies of our own API, checked. Unknown fields are let pass: a newer launcher may say more. */
import {
  JOB_ID_PATTERN,
  JOB_OUTCOMES,
  MAX_PORT,
  MIN_PORT,
  SHA256_PATTERN,
  type JobReport,
  type LinkRequest,
  type ReserveRequest,
} from '../../satellite/protocol.js';
import { GRACE } from '../registry/lifetimes.js';
import { Refusal } from '../registry/refusal.js';
import type { EndAnnounced } from '../registry/transitions.js';

type Body = Record<string, unknown>;

export function parseReserve(body: Body): ReserveRequest {
  const { certificateSha256, viewerKeySha256 } = body;
  return {
    viewerKeySha256: digest('viewerKeySha256', viewerKeySha256),
    ...(certificateSha256 !== undefined && {
      certificateSha256: digest('certificateSha256', certificateSha256),
    }),
  };
}

/** `endsAt` in milliseconds since the epoch. */
export function parseRedeem(body: Body, now: number): { port: number; endsAt?: number } {
  const { port, endsAt } = body;
  if (typeof port !== 'number' || !Number.isInteger(port)) throw bad('port', 'a whole number');
  if (port < MIN_PORT || port > MAX_PORT) {
    throw new Refusal('port-refused', `port is ${port}, but only ${MIN_PORT} to ${MAX_PORT} are served.`);
  }
  if (endsAt === undefined) return { port };
  const end = Date.parse(dateText('endsAt', endsAt));
  if (end <= now) throw overAlready(now);
  return { port, endsAt: end };
}

/** `at` in milliseconds since the epoch. An end that is just over is believed: clocks differ. */
export function parseEnding(body: Body, now: number): EndAnnounced {
  const { endsAt, near = true } = body;
  const at = Date.parse(dateText('endsAt', endsAt));
  if (typeof near !== 'boolean') throw bad('near', 'true or false');
  if (at <= now - GRACE) throw overAlready(now);
  return { at, near };
}

export function parseLink(body: Body): LinkRequest {
  const { jobId } = body;
  if (typeof jobId !== 'string' || !JOB_ID_PATTERN.test(jobId)) throw bad('jobId', "a scheduler's job id");
  return { jobId };
}

export function parseFeed(body: Body): Map<string, JobReport> {
  const { jobs } = body;
  if (!isObject(jobs)) throw bad('jobs', 'an object of reports by job id');
  return new Map(Object.entries(jobs).map(([id, report]) => [jobId(id), parseReport(id, report)]));
}

const STATES = ['waiting', 'running', 'ended', 'unknown'] as const satisfies JobReport['state'][];
const MAX_REASON = 200;

function parseReport(id: string, value: unknown): JobReport {
  const place = `jobs[${JSON.stringify(id)}]`;
  if (!isObject(value)) throw bad(place, 'an object');
  const state = STATES.find((known) => known === value.state);
  if (!state) throw bad(`${place}.state`, `one of ${STATES.join(', ')}`);
  const { reason, outcome: said, estimatedStart, endsAt } = value;
  // A newer feeder may know more outcomes; that the job ended counts all the same.
  const outcome = JOB_OUTCOMES.find((known) => known === said);
  if (reason !== undefined && typeof reason !== 'string') throw bad(`${place}.reason`, 'a text');
  return {
    state,
    ...(reason !== undefined && { reason: reason.slice(0, MAX_REASON) }),
    ...(outcome && { outcome }),
    ...(estimatedStart !== undefined && {
      estimatedStart: dateText(`${place}.estimatedStart`, estimatedStart),
    }),
    ...(endsAt !== undefined && { endsAt: dateText(`${place}.endsAt`, endsAt) }),
  };
}

function jobId(id: string): string {
  if (!JOB_ID_PATTERN.test(id)) throw bad('jobs', "an object whose keys are a scheduler's job ids");
  return id;
}

function digest(name: string, value: unknown): string {
  if (typeof value !== 'string' || !SHA256_PATTERN.test(value)) {
    throw bad(name, 'a SHA-256 in lower-case hex (64 characters)');
  }
  return value;
}

/** A date with a time and a zone, so that it means the same here and there. */
const DATE_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

function dateText(name: string, value: unknown): string {
  if (typeof value !== 'string' || !DATE_PATTERN.test(value) || Number.isNaN(Date.parse(value))) {
    throw bad(name, 'a date as in ISO 8601 with its zone, such as 2026-01-31T12:00:00Z');
  }
  return value;
}

function overAlready(now: number): Refusal {
  const clock = new Date(now).toISOString();
  return new Refusal('bad-request', `endsAt is over already: the proxy's clock says ${clock}.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(name: string, expected: string): Refusal {
  return new Refusal('bad-request', `${name} must be ${expected}.`);
}
