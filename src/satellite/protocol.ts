/**
 * What the launcher and the proxy say to each other: the only code that both programs share (with errors.ts).
 *
 * `DOMAIN` is the service's base name. The management host is `manage.DOMAIN`, a session is served at
 * `https://NAME.DOMAIN`. Our own protocol is JSON under /api/v1; the classic one is that of the original
 * "Satellite" CGIs (docs/architecture.md has both).
 */
import { createHash, createHmac } from 'node:crypto';

/** Every answer of our own control API carries this header: a 404 without it comes from a classic service. */
export const API_HEADER = 'start-jupyter-api';
export const API_VERSION = '1';
export const API_PREFIX = '/api/v1';

/** Pages of the proxy (not of Jupyter) carry this header; the waiting page stops waiting when it is absent. */
export const PAGE_HEADER = 'start-jupyter-page';

/** The management host of a service. */
export function manageHost(domain: string): string {
  return `manage.${domain}`;
}

/** A session's name: three lower-case words joined by hyphens. */
export const NAME_PATTERN = /^[a-z]{2,20}-[a-z]{2,20}-[a-z]{2,20}$/;

/** SHA-256 in lower-case hex: 64 characters. */
export const SHA256_PATTERN = /^[0-9a-f]{64}$/;

/** The job script may bind only unprivileged ports, and the proxy maps no others. */
export const MIN_PORT = 1024;
export const MAX_PORT = 65535;

/** A job id as a scheduler prints it (Slurm `123`, `123_4`; Torque `123.server`, `123[].server`). */
export const JOB_ID_PATTERN = /^[-A-Za-z0-9._[\]]{1,64}$/;

/** POST /api/v1/sessions */
export interface ReserveRequest {
  /** SHA-256 (hex) of the DER form of the certificate that the session's Jupyter will show. */
  certificateSha256?: string;
  /** SHA-256 (hex) of the viewer key (see {@link viewerKey}). */
  viewerKeySha256: string;
}

export interface ReserveAnswer {
  name: string;
  /** `https://NAME.DOMAIN[:PORT]/`, as a browser reaches it. */
  url: string;
  /** 256 random bits, base64url: the credential of every later call about this session. */
  redeemSecret: string;
  /** ISO 8601: when the reservation ends if no job is linked to it. */
  expiresAt: string;
}

/** POST /api/v1/sessions/NAME/redeem: maps the name to the caller's address and this port. */
export interface RedeemRequest {
  port: number;
  /** ISO 8601: when the job's time is up. */
  endsAt?: string;
}

/** PUT /api/v1/sessions/NAME/ending: when a mapped session ends; a later end than was known keeps it served for longer. */
export interface EndingRequest {
  /** ISO 8601. */
  endsAt: string;
  /** False: the end is not near; what was said before no longer holds. Default: its job was warned. */
  near?: boolean;
}

/** PUT /api/v1/sessions/NAME/job */
export interface LinkRequest {
  jobId: string;
}

/** GET /api/v1/sessions/NAME; also the answer to redeem, link and ending. */
export interface SessionAnswer {
  name: string;
  phase: 'reserved' | 'ready' | 'ended';
  jobId?: string;
  job?: JobReport;
  expiresAt?: string;
  /** Its job was warned that its time is nearly up; ISO 8601. The proxy keeps it in memory alone. */
  ending?: { at: string };
  /** Why an ended session ended, in words. */
  cause?: string;
}

/** How a job ended, whatever the scheduler. */
export const JOB_OUTCOMES = [
  'completed',
  'failed',
  'cancelled',
  'timed-out',
  'out-of-memory',
  'node-failed',
  'preempted',
] as const;

export type JobOutcome = (typeof JOB_OUTCOMES)[number];

/** What a feeder says of one job. */
export interface JobReport {
  /** A neutral state, whatever the scheduler. */
  state: 'waiting' | 'running' | 'ended' | 'unknown';
  /** Why it waits, in the scheduler's word. */
  reason?: string;
  /** Of an ended job, where the scheduler says it. */
  outcome?: JobOutcome;
  /** ISO 8601. */
  estimatedStart?: string;
  /** ISO 8601. */
  endsAt?: string;
}

/** PUT /api/v1/jobs, with the feeder's own secret: states by job id. */
export interface FeedRequest {
  jobs: Record<string, JobReport>;
}

/** GET /api/v1/jobs, with the feeder's secret: the jobs of which a report would be of use. */
export interface FeedAnswer {
  jobs: string[];
}

/** GET /api/v1/sessions, with the administrator's token. */
export interface SessionsAnswer {
  sessions: SessionFacts[];
}

/** What an administrator sees of a session; times are ISO 8601. */
export interface SessionFacts {
  name: string;
  kind: 'v1' | 'classic';
  phase: 'reserved' | 'mapped' | 'ready';
  createdAt: string;
  /** When it ends if nothing happens. */
  expiresAt: string;
  /** The address that reserved it. */
  source?: string;
  /** `ADDRESS:PORT`. */
  backend?: string;
  jobId?: string;
  /** Open connections of browsers. */
  connections: number;
}

/** The body of every answer that is not 2xx: `{code, message}`. */
export interface ApiError {
  code: ApiErrorCode;
  message: string;
}

/** The closed list of the control API's errors with the HTTP status of each. */
export const API_ERRORS = {
  'bad-request': 400,
  'plain-backends-refused': 400,
  'unknown-session': 404,
  'no-such-call': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'already-linked': 409,
  'too-large': 413,
  'outside-trusted-networks': 403,
  'not-for-browsers': 403,
  'bad-secret': 403,
  'limit-reached': 429,
  'too-many-tries': 429,
  'backend-unreachable': 424,
  'certificate-mismatch': 424,
  'port-refused': 422,
  'address-refused': 422,
  'cannot-store': 503,
  internal: 500,
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** SHA-256 in lower-case hex, as all digests in the protocol. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * The viewer key: who has the session's token can compute it, who has the key cannot compute the token. It lets the
 * waiting page tell the session's owner from a stranger, while the proxy never needs the token: it knows only
 * the key's SHA-256.
 */
export function viewerKey(token: string): string {
  return createHmac('sha256', token).update('start-jupyter viewer v1').digest('hex');
}
