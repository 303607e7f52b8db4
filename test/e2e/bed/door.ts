/**
 * A door in front of a proxy's control: passes every call on and every answer back, but can keep an answer for a while,
 * or give another one in its place. What was asked has then happened at the proxy all the same.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { identity } from './identity.js';
import { until } from './processes.js';
import type { Proxy } from './proxy.js';

interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string;
}

export interface Door {
  endpoint: string;
  caFile: string;
  /** `METHOD /path`, of every call so far. */
  calls: string[];
  /** From now on answers to calls that match are kept until {@link Hold.release}. */
  hold(pattern: RegExp): Hold;
  /** From now on calls that match get this answer, after the proxy has given its own. */
  answer(pattern: RegExp, status: number, body: string): void;
  /** A second time it does nothing. */
  close(): Promise<void>;
}

export interface Hold {
  /** Resolves with the proxy's answer to a call that matches. */
  arrived(limitMs: number): Promise<string>;
  release(): void;
}

export async function openDoor(proxy: Proxy): Promise<Door> {
  const { caFile, cert, key } = await identity(`manage.${proxy.domain}`);
  const ca = readFileSync(proxy.caFile, 'utf8');
  const rules: ((call: string, answer: Answer) => Promise<Answer>)[] = [];
  const calls: string[] = [];

  const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = `${request.method ?? ''} ${request.url ?? ''}`;
    calls.push(call);
    let answer = await ask(proxy, ca, request);
    for (const rule of rules) answer = await rule(call, answer);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer({ cert, key }, (request, response) => {
    passOn(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `${proxy.domain}:${(server.address() as AddressInfo).port}`,
    caFile,
    calls,
    hold(pattern) {
      let arrived: string | undefined;
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      rules.push(async (call, answer) => {
        if (!pattern.test(call)) return answer;
        arrived = answer.body;
        await released;
        return answer;
      });
      return {
        async arrived(limitMs) {
          const body = await until(() => arrived, limitMs);
          if (body !== undefined) return body;
          throw new Error(`After ${limitMs} ms nobody has called ${String(pattern)}: ${calls.join(', ')}`);
        },
        release,
      };
    },
    answer(pattern, status, body) {
      rules.push((call, answer) =>
        Promise.resolve(pattern.test(call) ? { status, headers: {}, body } : answer),
      );
    },
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function ask(proxy: Proxy, ca: string, asked: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = new URL(asked.url ?? '/', proxy.controlUrl);
    const options = { method: asked.method, headers: asked.headers, ca, agent: false };
    const forwarded = send(url, options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      answer.on('error', reject);
    });
    forwarded.on('error', reject);
    asked.pipe(forwarded);
  });
}
