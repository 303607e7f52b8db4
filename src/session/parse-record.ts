/** Reads `session.json`. Nothing of it is used before it has the form that it must have: its parts go into command lines. */
import { isObject } from './parse-object.js';
import type { AskedFor, SessionRecord } from './record.js';

export interface ReadRecord {
  record: SessionRecord;
  /** Its version, where a newer start-jupyter made it: what is understood of it is there. */
  newer?: number;
}

/** Why it is no record: `empty`, `no-json`, `no-record`, or the key whose value cannot be. */
export interface NoRecord {
  why: 'empty' | 'no-json' | 'no-record' | { key: string };
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '' && value.length <= 4096;
const matching =
  (form: RegExp): Check =>
  (value) =>
    typeof value === 'string' && form.test(value);
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const time: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const wholeNumber =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** As schedulers print it. It is an argument of theirs: it must not look like an option. */
const jobId = matching(/^[A-Za-z0-9][\w.[\]-]{0,199}$/);
const word = matching(/^[A-Za-z0-9_][\w.-]{0,199}$/);

const REQUIRED = {
  id: word,
  system: text,
  scheduler: word,
  jobName: word,
  server: oneOf('notebook', 'jupyterlab'),
  rootDir: text,
  createdAt: time,
};

/** Every other key: one that has no check here is lost. */
const OPTIONAL: Record<Exclude<keyof SessionRecord, keyof typeof REQUIRED | 'version'>, Check> = {
  jobId,
  allocation: jobId,
  allocationScheduler: oneOf('slurm', 'torque', 'pbs'),
  cluster: word,
  host: matching(/^[A-Za-z0-9][\w.-]{0,254}$/),
  connect: oneOf('proxy', 'ssh'),
  name: matching(/^[a-z]{2,20}-[a-z]{2,20}-[a-z]{2,20}$/),
  url: isLink,
  endpoint: matching(/^[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}$/),
  protocol: oneOf('v1', 'classic'),
  localPort: wholeNumber(1, 65_535),
  sshHost: matching(/^[A-Za-z0-9][\w.-]{0,254}(?::[0-9]{1,5})?$/),
  walltimeMinutes: wholeNumber(0, 1_000_000_000),
  warnBefore: wholeNumber(0, 1_000_000_000),
  launcherVersion: text,
  asked: isAsked,
};

export function parseRecord(json: string): ReadRecord | NoRecord {
  if (json.trim() === '') return { why: 'empty' };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { why: 'no-json' };
  }
  if (!isObject(value)) return { why: 'no-record' };
  const { version } = value;
  if (!wholeNumber(1, 1_000_000)(version)) return { why: { key: 'version' } };
  const newer = (version as number) > 1;
  const record: Record<string, unknown> = { version: 1 };
  for (const [key, check] of Object.entries(REQUIRED)) {
    if (!check(value[key])) return { why: { key } };
    record[key] = value[key];
  }
  for (const [key, check] of Object.entries(OPTIONAL)) {
    const said = value[key];
    if (said === undefined || said === null) continue;
    if (check(said)) record[key] = said;
    // A newer one may mean something else by it.
    else if (!newer) return { why: { key } };
  }
  record['launcherVersion'] ??= 'unknown';
  return { record: record as unknown as SessionRecord, ...(newer ? { newer: version as number } : {}) };
}

function isLink(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const url = new URL(value);
  // Nothing but a host and a port: a path and the token go behind it.
  return /^https?:$/.test(url.protocol) && `${url.origin}/` === value;
}

function isAsked(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { time: typed, flags, cwd } = value as Partial<Record<keyof AskedFor, unknown>>;
  return (typed === undefined || typeof typed === 'string') && isObject(flags) && text(cwd);
}
