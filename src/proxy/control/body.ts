import type { IncomingMessage } from 'node:http';
import { LimitReached } from '../limiting/limit-reached.js';
import { Refusal } from '../registry/refusal.js';

/**
 * Reads a request's body as UTF-8. Throws the Refusal 'too-large' as soon as it is over the limit, or announced to be;
 * 'bad-request' when it breaks off.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<string> {
  const tooLarge = () => new LimitReached('body-size', `The body may have ${limitBytes} bytes at most.`);
  if (Number(request.headers['content-length']) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > limitBytes) throw tooLarge();
      chunks.push(bytes);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('bad-request', 'The body broke off.');
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
