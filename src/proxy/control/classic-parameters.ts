import type { IncomingMessage } from 'node:http';

/** What went wrong with a classic call, in the words that stand after "Oops! ". */
export class Oops extends Error {}

export function requireMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method !== method) throw new Oops(`Only ${method} method is supported`);
}

/** The first of a parameter's values in the query; undefined when there is none. */
export function readParameter(request: IncomingMessage, name: string): string | undefined {
  return firstValue((request.url ?? '').replace(/^[^?]*\??/, ''), name);
}

export function requireParameter(request: IncomingMessage, name: string): string {
  return present(readParameter(request, name), name);
}

/** The first value of this name in a form or query; pairs end at `&` and, as in the original, at `;`. */
export function firstValue(form: string, name: string): string | undefined {
  return new URLSearchParams(form.replaceAll(';', '&')).get(name) ?? undefined;
}

/** The value of a parameter that must be there. In the original `0` counts as missing like nothing at all. */
export function present(value: string | undefined, name: string): string {
  if (value === undefined || value === '' || value === '0') throw new Oops(`Missing '${name}' parameter`);
  return value;
}
