/** A stand-in for the proxy's control side: a real HTTPS server that answers as it is told and keeps what it was asked. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { certificateAuthority, issueCertificate } from '../../../src/certificate.js';
import { API_HEADER, API_VERSION } from '../../../src/satellite/protocol.js';

export interface Call {
  method: string;
  path: string;
  authorization: string | undefined;
  body: string;
}

/** `raw`: what is sent instead of HTTP. */
export type Answer = { status: number; body: string } | { raw: string } | 'cut-off' | 'never';

export interface Control {
  port: number;
  caPem: string;
  calls: Call[];
  /** Decides each answer; what it returns undefined for is answered as by a proxy that is content. */
  answer: (call: Call) => Answer | undefined;
  close: () => Promise<void>;
}

/** `before`: what an answer waits for. */
export async function startControl(
  ways: { before?: (call: Call) => Promise<void> | undefined } = {},
): Promise<Control> {
  const authority = await certificateAuthority({ commonName: 'Test authority', days: 2 });
  const names = ['localhost', 'manage.job.jupyter.localhost'];
  const { certificatePem, keyPem } = await issueCertificate({ authority, names, days: 2 });
  const server = createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const answered = async (): Promise<void> => {
      const call = {
        method: request.method ?? '',
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: Buffer.concat(chunks).toString(),
      };
      control.calls.push(call);
      await ways.before?.(call);
      const answer = control.answer(call) ?? content(call);
      if (answer === 'never') return;
      if (answer === 'cut-off') {
        request.socket.destroy();
        return;
      }
      if ('raw' in answer) {
        request.socket.end(answer.raw);
        return;
      }
      response.writeHead(answer.status, { [API_HEADER]: API_VERSION, connection: 'close' });
      response.end(answer.body);
    };
    request.on('end', () => void answered());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const control: Control = {
    port: (server.address() as AddressInfo).port,
    caPem: authority.certificatePem,
    calls: [],
    answer: () => undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return control;
}

function content(call: Call): Answer {
  if (call.path.startsWith('/redeemtoken.cgi')) return { status: 200, body: 'Success!\n' };
  if (call.path.startsWith('/destroytoken.cgi')) return { status: 200, body: 'Success! Token destroyed.\n' };
  if (call.method === 'DELETE') return { status: 204, body: '' };
  return { status: 200, body: '{"name":"three-old-words","phase":"ready"}' };
}
