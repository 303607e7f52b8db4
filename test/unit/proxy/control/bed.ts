/** A real HTTP server on loopback with control and a real registry behind it. */
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { answerClientErrors } from '../../../../src/proxy/control/client-errors.js';
import { createControl, type ControlSettings } from '../../../../src/proxy/control/control.js';
import { DEFAULT_LIMITS } from '../../../../src/proxy/limiting/limits.js';
import { parseNetworks } from '../../../../src/proxy/network/addresses.js';
import { sha256Hex, type ReserveAnswer } from '../../../../src/satellite/protocol.js';
import { CERTIFICATE, registryBed, VIEWER_KEY } from '../registry/bed.js';

export const FEEDER_SECRET = 'feeder-secret';
export const ADMIN_TOKEN = 'admin-token';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: Record<string, unknown>;
}

export interface Call {
  method?: string;
  body?: unknown;
  secret?: string;
  headers?: Record<string, string>;
  /** The address that it comes from; default: 127.0.0.1. */
  from?: string;
  /** The connection is cut behind the body, whatever was announced. */
  breakOff?: boolean;
}

export async function controlBed(
  changes: Partial<ControlSettings> = {},
  registry: Parameters<typeof registryBed>[0] = {},
  address = '127.0.0.1',
) {
  const bed = await registryBed(registry);
  const settings: ControlSettings = {
    domain: 'jupyter.example.edu',
    publicPort: 443,
    trustedNetworks: parseNetworks(['127.0.0.0/8']),
    jobStateSources: parseNetworks(['127.0.0.1']),
    classicEndpoints: true,
    allowLocalBackends: true,
    deniedPorts: [],
    feederSecretSha256: sha256Hex(FEEDER_SECRET),
    adminTokenSha256: sha256Hex(ADMIN_TOKEN),
    limits: DEFAULT_LIMITS,
    ...changes,
  };
  const server = createServer(createControl({ ...bed, settings, log: bed.deps.log, connectionsOf: () => 3 }));
  answerClientErrors(server, bed.deps.log);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await bed.registry.close();
  });
  const { port } = server.address() as AddressInfo;

  function call(
    path: string,
    { method = 'GET', body, secret, headers, from, breakOff }: Call = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
      const place = { host: address, port, localAddress: from };
      const options = { ...place, path, method, headers: { ...authorization, ...headers } };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type'] === 'application/json';
          const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      });
      sent.on('error', reject);
      if (breakOff) sent.write(body, () => setTimeout(() => sent.destroy(), 50));
      else sent.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
    });
  }

  /** Sends bytes and gives back every byte of the answer. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect(port, address, () => socket.write(text));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    });
  }

  async function reserve(from?: string): Promise<ReserveAnswer> {
    const body = { certificateSha256: CERTIFICATE, viewerKeySha256: VIEWER_KEY };
    const { json } = await call('/api/v1/sessions', { method: 'POST', body, from });
    return json as unknown as ReserveAnswer;
  }

  /** Reserves a classic name as a classic client does. */
  async function getLink(from?: string): Promise<string> {
    return (await call('/getlink.cgi', { from })).text.split('\n')[1] ?? '';
  }

  /** The fields of every event of this name. */
  const logged = (event: string) =>
    bed.lines.filter((line) => line.event === event).map((line) => line.fields);

  return { ...bed, call, raw, reserve, getLink, logged };
}
