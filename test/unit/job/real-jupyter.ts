/** Where real Jupyter servers are, and how a test talks to one over TLS. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import { Agent, WebSocket } from 'undici';

const TEST_BED = '/var/tmp/start-jupyter-testbed';

/** Debian's Notebook 6: named by START_JUPYTER_TEST_NOTEBOOK6, else where its package puts it. */
export const notebook6 = found([process.env['START_JUPYTER_TEST_NOTEBOOK6'], '/usr/bin/jupyter']);

/** JupyterLab 4 and Notebook 7: named by START_JUPYTER_TEST_JUPYTER4, else the test bed's. */
export const jupyter4 = found([
  process.env['START_JUPYTER_TEST_JUPYTER4'],
  ...(existsSync(TEST_BED) ? readdirSync(TEST_BED) : [])
    .filter((name) => name.startsWith('jupyter4-'))
    .map((name) => join(TEST_BED, name, 'bin/jupyter')),
]);

function found(places: readonly (string | undefined)[]): string | undefined {
  return places.find((place) => place !== undefined && existsSync(place));
}

/** The Host that a browser sends: a public name, which the proxy leaves as it is. */
export function publicHost({ port }: Pick<Server, 'port'>): string {
  return `three-old-words.job.jupyter.localhost:${port}`;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Server {
  port: number;
  ca: string;
  token: string;
}

/** One request as the proxy would forward it: the browser's Host, the session's certificate checked. */
export async function ask(
  server: Server,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  const { method = 'GET', headers = {}, body } = options;
  const { port, ca } = server;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        ca,
        servername: 'localhost',
        path,
        method,
        headers: { host: publicHost(server), ...headers },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Opens a kernel's websocket with a browser's cookie and Origin; resolves to whether it opened. */
export async function openChannels(
  server: Server,
  kernel: string,
  headers: Record<string, string>,
): Promise<WebSocket | undefined> {
  const lookup: LookupFunction = (_host, _options, found) => {
    found(null, [{ address: '127.0.0.1', family: 4 }]);
  };
  const connect = { ca: server.ca, servername: 'localhost', lookup };
  const socket = new WebSocket(`wss://${publicHost(server)}/api/kernels/${kernel}/channels`, {
    dispatcher: new Agent({ connect }),
    headers,
  });
  return new Promise((resolve) => {
    socket.addEventListener('open', () => resolve(socket));
    socket.addEventListener('error', () => resolve(undefined));
  });
}

/** Runs code in the kernel and resolves to what it printed first. */
export async function runCode(socket: WebSocket, code: string): Promise<unknown> {
  const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
  return (await exchange(socket, 'execute_request', content, 'stream'))['text'];
}

/** Has the kernel say who it is, and so, before and after that, that it is busy and that it is idle. */
export async function askKernel(socket: WebSocket): Promise<void> {
  await exchange(socket, 'kernel_info_request', {}, 'kernel_info_reply');
}

/** Sends one message and resolves to the content of the first of the awaited type that answers it. */
async function exchange(
  socket: WebSocket,
  type: string,
  content: object,
  awaited: string,
): Promise<Record<string, unknown>> {
  const header = { msg_id: randomUUID(), username: '', session: 'test', msg_type: type, version: '5.3' };
  const answer = new Promise<Record<string, unknown>>((resolve) => {
    socket.addEventListener('message', function listen({ data }: { data: unknown }) {
      const message = JSON.parse(String(data)) as {
        msg_type: string;
        parent_header: { msg_id?: string };
        content: Record<string, unknown>;
      };
      if (message.msg_type !== awaited || message.parent_header.msg_id !== header.msg_id) return;
      socket.removeEventListener('message', listen);
      resolve(message.content);
    });
  });
  socket.send(
    JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: 'shell', buffers: [] }),
  );
  return answer;
}
