/** One request to a session's page or notebook on a connection of its own, as quick as can be. */
import { request } from 'node:https';
import { PAGE_HEADER } from '../../../src/satellite/protocol.js';
import type { Proxy } from './proxy.js';

export interface Visit {
  /** 0: no answer. */
  status: number;
  /** It was the proxy's own page and not a notebook's. */
  byProxy: boolean;
  body: string;
  cookies: string[];
}

export function visit(
  proxy: Proxy,
  ca: string,
  name: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Visit> {
  const host = `${name}.${proxy.domain}`;
  const options = {
    host: '127.0.0.1',
    port: proxy.port,
    servername: host,
    path,
    ca,
    agent: false as const,
    headers: { host: `${host}:${proxy.port}`, ...headers },
    timeout: 20_000,
  };
  return new Promise((resolve) => {
    const nothing = () => resolve({ status: 0, byProxy: false, body: '', cookies: [] });
    const asked = request(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('error', nothing).on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          byProxy: answer.headers[PAGE_HEADER] !== undefined,
          body,
          cookies: (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? ''),
        }),
      );
    });
    asked.on('timeout', () => asked.destroy()).on('error', nothing);
    asked.end();
  });
}
