// Our own proxy, as packed; its sessions are reserved and redeemed by real calls of control.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, isServed, openTls } from '../connection.mjs';
import { PROXY_CORE, start } from '../processes.mjs';

const FILLED_AT_ONCE = 8;

/** What a benchmark alone needs: the load is one address, and the backends are on this machine. */
function configuration({ domain, certFile, keyFile, folder }) {
  return `domain: ${domain}
listen: 127.0.0.1:0
certificate: ${certFile}
key: ${keyFile}
trusted_networks: [127.0.0.1/32]
allow_plain_backends: true
allow_local_backends: true
store: ${join(folder, 'store')}
max_connections_per_session: 8000
max_opening_per_session: 8000
max_connections_per_address: 8000
reservations_per_minute: 1000000
pending_reservations: 1000000
`;
}

export function ours(path) {
  return {
    title: `start-jupyter-proxy, ${path}`,
    path,
    work: 'bytes, 1:1',
    async start(site) {
      const { node, folder, domain, backends, packageFolder, caFile, fill = 0 } = site;
      const file = join(folder, 'proxy.yaml');
      writeFileSync(file, configuration(site));
      const program = join(packageFolder, 'bin/start-jupyter-proxy.js');
      const running = start(PROXY_CORE, [node, program, 'serve', '--config', file]);
      const port = await portOf(running);
      const control = { port, host: `manage.${domain}`, ca: readFileSync(caFile) };
      const map = async (way, which) => {
        const session = await reserve(control, way === 'pinned' ? backends.certificateSha256 : undefined);
        const ms = await redeem(control, session, backends[way][which]);
        return { host: `${session.name}.${domain}`, ms };
      };
      const hosts = { http: (await map(path, 'http')).host, echo: (await map(path, 'echo')).host };
      let left = fill;
      const fillOne = async () => {
        // Those without a certificate would each hold a connection to the one backend.
        while (left-- > 0) await map('pinned', 'http');
      };
      await Promise.all(Array.from({ length: FILLED_AT_ONCE }, fillOne));
      const add = async () => {
        const { host, ms } = await map(path, 'http');
        if (!(await isServed(port, host, control.ca))) throw new Error('A redeemed session is not served.');
        return { ms };
      };
      return { ...running, port, hosts, caFile, add };
    },
  };
}

function portOf(running) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const port = /listens on 127\.0\.0\.1:(\d+)/.exec(running.said())?.[1];
      if (port !== undefined) resolve(Number(port));
    };
    running.child.stderr.on('data', look);
    void running.closed.then(() => reject(new Error(`The proxy did not start:\n${running.said()}`)));
  });
}

async function reserve(control, certificateSha256) {
  const body = { certificateSha256, viewerKeySha256: randomBytes(32).toString('hex') };
  return (await call(control, 'sessions', body)).answer;
}

/** The milliseconds from the call to its answer, on a connection whose handshake is over. */
async function redeem(control, { name, redeemSecret }, port) {
  return (await call(control, `sessions/${name}/redeem`, { port }, redeemSecret)).ms;
}

async function call({ port, host, ca }, path, body, secret) {
  const socket = await openTls(port, host, ca);
  const text = JSON.stringify(body);
  const bearer = secret === undefined ? '' : `Authorization: Bearer ${secret}\r\n`;
  const type = `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n`;
  const before = performance.now();
  const answer = await ask(
    socket,
    `POST /api/v1/${path} HTTP/1.1\r\nHost: ${host}\r\n${bearer}${type}\r\n${text}`,
  );
  const ms = performance.now() - before;
  socket.destroy();
  if (answer.status >= 300) throw new Error(`${path.replace(/\/.*/, '')}: ${answer.status} ${answer.body}`);
  return { answer: JSON.parse(answer.body), ms };
}
