import type { IncomingMessage } from 'node:http';
import { Refusal } from '../registry/refusal.js';

/** Enough for every call but a list of jobs. */
export const BODY_LIMIT = 64 * 1024;

/** A cluster's whole queue, from a source that is allowed to tell it: some 50,000 jobs. */
export const JOBS_BODY_LIMIT = 4 * 1024 * 1024;

/** Reads a request's body as UTF-8. Throws the Refusal 'too-large' as soon as it is over the limit. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limitBytes) throw new Refusal('too-large', `The body may have ${limitBytes} bytes at most.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a JSON object. Throws the Refusal 'bad-request' for anything else. */
export async function readJsonObject(
  request: IncomingMessage,
  limitBytes: number,
): Promise<Record<string, unknown>> {
  const text = await readBody(request, limitBytes);
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('bad-request', 'The body must be a JSON object.');
  }
  return value as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('bad-request', 'The body is not valid JSON.');
  }
}
