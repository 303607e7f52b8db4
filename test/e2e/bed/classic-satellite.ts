/**
 * A stand-in of the classic Satellite service, for the launcher: its endpoints with the words, statuses and order of
 * checks of the original (errors are "Oops! ..." with status 200), and its data path: TLS ends here, plain HTTP goes to
 * whatever listens on the port that the name was redeemed with. Every address may tell it of job states.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { identity } from './identity.js';

const DOMAIN = 'classic.jupyter.localhost';
/** The original is told of new mappings by a job of cron's; here it takes a moment as well. */
const SERVED_AFTER_MS = 300;
/** As the original says it; all callers here are on loopback, which is in it. */
const MASK = '127.0.0.0/8';

interface Link {
  job?: string;
  backend?: { address: string; port: number; served: boolean };
}

export interface ClassicSatellite {
  domain: string;
  endpoint: string;
  controlUrl: string;
  caFile: string;
  /** `METHOD /path`, without queries, of every call of control so far. */
  calls: string[];
  /** What is taken now, by name. */
  links: Map<string, Link>;
  /** What update-jobs.cgi was told last, by job id. */
  jobs: Map<string, string>;
  /** Set: getlink.cgi answers `Oops! ` and this. */
  refuse: string | undefined;
  /** Set: every call is answered with this status and a page of Apache's. */
  broken: number | undefined;
  close(): Promise<void>;
}

export async function startClassicSatellite(): Promise<ClassicSatellite> {
  const { caFile, cert, key } = await identity(`*.${DOMAIN}`);
  const sockets = new Set<Socket>();
  const control = createServer((request, response) => void answer(satellite, request, response));
  const pages = createServer((_request, response) => response.end('<title>Please wait</title>'));
  const server = createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, (browser) => {
    sockets.add(browser.once('close', () => sockets.delete(browser)).on('error', () => browser.destroy()));
    const [name = ''] = String(browser.servername).split('.');
    const backend = satellite.links.get(name)?.backend;
    if (name === 'manage') control.emit('connection', browser);
    else if (backend?.served) splice(browser, backend);
    else pages.emit('connection', browser);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const satellite: ClassicSatellite = {
    domain: DOMAIN,
    endpoint: `${DOMAIN}:${port}`,
    controlUrl: `https://manage.${DOMAIN}:${port}`,
    caFile,
    calls: [],
    links: new Map(),
    jobs: new Map(),
    refuse: undefined,
    broken: undefined,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return satellite;
}

function splice(browser: TLSSocket, { address, port }: { address: string; port: number }): void {
  const node = connect(port, address);
  node.on('error', () => browser.destroy());
  browser.on('error', () => node.destroy());
  browser.pipe(node).pipe(browser);
}

async function answer(
  satellite: ClassicSatellite,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', satellite.controlUrl);
  const { method = '' } = request;
  satellite.calls.push(`${method} ${url.pathname}`);
  const endpoint = ENDPOINTS[url.pathname];
  const status = satellite.broken ?? (endpoint ? 200 : 404);
  if (!endpoint || status !== 200) {
    response.writeHead(status, { 'Content-Type': 'text/html; charset=iso-8859-1' }).end(apachePage(status));
    return;
  }
  const address = request.socket.remoteAddress ?? '';
  const form = method === 'POST' ? new URLSearchParams(await text(request)) : url.searchParams;
  const { body, type = 'text/html' } = endpoint({ satellite, method, address, form });
  response.writeHead(200, { 'Content-Type': body.startsWith('Oops! ') ? 'text/plain' : type }).end(body);
}

interface Call {
  satellite: ClassicSatellite;
  method: string;
  address: string;
  form: URLSearchParams;
}

type Endpoint = (call: Call) => { body: string; type?: string };

const ENDPOINTS: Record<string, Endpoint> = {
  '/getlink.cgi': ({ satellite }) => {
    if (satellite.refuse !== undefined) return oops(satellite.refuse);
    const name = ['classic', 'satellite', 'abcdefghij'.charAt(satellite.links.size).repeat(5)].join('-');
    satellite.links.set(name, {});
    return { body: `Your token is \n${name}\n`, type: 'text/plain' };
  },
  '/redeemtoken.cgi': ({ satellite, method, address, form }) => {
    if (method !== 'GET') return oops('Only GET method is supported');
    const [token, port] = [given(form, 'token'), given(form, 'port')];
    if (token === undefined) return oops("Missing 'token' parameter");
    if (port === undefined) return oops("Missing 'port' parameter");
    if (!/^\d{4,5}$/.test(port) || Number(port) < 1024 || Number(port) > 65535)
      return oops("'port' parameter isn't an integer between 1024 and 65535");
    if (outside(address)) return oops(notInRange('please try from the compute node running your service.'));
    const link = satellite.links.get(token);
    if (!link || link.backend) return oops('Unknown nonce or nonce already used');
    const backend = { address, port: Number(port), served: false };
    link.backend = backend;
    setTimeout(() => (backend.served = true), SERVED_AFTER_MS);
    return { body: 'Success!\n' };
  },
  '/linktoken.cgi': ({ satellite, address, form }) => {
    const [token, job] = [given(form, 'token'), given(form, 'jobid')?.replace(/[^-A-Za-z0-9._]/g, '')];
    if (token === undefined) return oops("Missing 'token' parameter");
    if (job === undefined || job === '' || job.length >= 48) return oops("Missing 'jobid' parameter");
    if (outside(address)) return oops(notInRange('please try from within the cluster.'));
    const link = satellite.links.get(token);
    if (!link) return oops('Unknown nonce or nonce already destroyed');
    if (link.job !== undefined) return oops('Nonce already linked to a jobid, you can do this only once!');
    link.job = job;
    return { body: 'Success! Token linked to jobid.\n' };
  },
  '/destroytoken.cgi': ({ satellite, address, form }) => {
    const token = given(form, 'token');
    if (token === undefined) return oops("Missing 'token' parameter");
    if (outside(address)) return oops(notInRange('please try from within the cluster.'));
    const link = satellite.links.get(token);
    if (!link) return oops('Unknown nonce or nonce already destroyed');
    if (link.backend && link.backend.address !== address)
      return oops('Nonce must be destroyed from host it was redeemed on');
    satellite.links.delete(token);
    return { body: 'Success! Token destroyed.\n' };
  },
  '/tokenjobstate.cgi': ({ satellite, method, form }) => {
    if (method !== 'GET') return oops('Only GET method is supported');
    const token = given(form, 'token')?.replace(/\..*$/s, '');
    if (token === undefined) return oops("Missing 'token' parameter");
    const link = satellite.links.get(token);
    if (!link) return { body: '' };
    const job = JOB_STATES[satellite.jobs.get(link.job ?? '') ?? ''];
    if (job === 'D') return { body: 'D' };
    return { body: link.backend === undefined ? (job ?? 'PE') : link.backend.served ? 'PR' : 'M' };
  },
  '/update-jobs.cgi': ({ satellite, method, form }) => {
    if (method !== 'POST') return oops('Only POST method is supported');
    const lines = given(form, 'jobstates');
    if (lines === undefined) return oops("Missing 'jobstates' parameter");
    for (const line of lines.split('\n')) {
      const [job = '', state] = line.split(' ');
      if (state !== undefined) satellite.jobs.set(job, state);
    }
    return { body: 'Successfully updated jobs! \n' };
  },
};

/** The states that tests bring about. */
const JOB_STATES: Record<string, string> = { PENDING: 'Q', RUNNING: 'R', CANCELLED: 'D', COMPLETED: 'D' };

/** The first value; `0` and nothing count as missing. */
function given(form: URLSearchParams, name: string): string | undefined {
  const value = form.get(name);
  return value === null || value === '' || value === '0' ? undefined : value;
}

function oops(message: string): { body: string; type: string } {
  return { body: `Oops! ${message}\n`, type: 'text/plain' };
}

function outside(address: string): boolean {
  return !address.startsWith('127.');
}

function notInRange(advice: string): string {
  return `Client (your) IP not in range ${MASK}, ${advice}`;
}

function apachePage(status: number): string {
  return `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status}</title>\n</head></html>\n`;
}
