// HAProxy, one thread: as an HTTP proxy and passing bytes on ('tcp'); mappings in a map that is changed at run time.
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, PROXY_CORE, start, untilListening } from '../processes.mjs';
import { startNamed } from './named.mjs';

/** `fresh`: no TLS session of the backend is used again, so that each new connection costs a handshake in full, as ours does. */
export function haproxy(mode, path, { fresh = false } = {}) {
  return {
    title: `HAProxy ${mode}`,
    path,
    work: `${mode === 'http' ? 'HTTP, backend connections kept' : 'bytes, 1:1'}${fresh ? ', full handshakes' : ''}`,
    start: (site) =>
      startNamed(site, path, async ({ folder, targets }) => {
        const port = await freePort();
        const [map, both, socket] = ['map', 'both.pem', 'socket'].map((name) => join(folder, name));
        const portOf = (target) => target.split(':')[1];
        writeFileSync(map, [...targets].map(([host, target]) => `${host} ${portOf(target)}\n`).join(''));
        writeFileSync(both, site.certificatePem + site.keyPem, { mode: 0o600 });
        const file = join(folder, 'haproxy.cfg');
        writeFileSync(file, configuration(mode, path, { ...site, port, map, both, socket, fresh }));
        const running = start(PROXY_CORE, ['haproxy', '-db', '-q', '-f', file]);
        await untilListening(running, port);
        return {
          ...running,
          port,
          change: (host, target) => say(socket, `add map ${map} ${host} ${portOf(target)}`),
        };
      }),
  };
}

function configuration(mode, path, { port, map, both, socket, backends, fresh }) {
  const rule = mode === 'http' ? 'http-request' : 'tcp-request content';
  const tls = `ssl verify required ca-file ${backends.certificateFile}${fresh ? ' no-ssl-reuse' : ''}`;
  return `global
  nbthread 1
  maxconn 4000
  stats socket ${socket} mode 600 level admin
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  tune.ssl.cachesize 0
defaults
  mode ${mode}
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend front
  bind 127.0.0.1:${port} ssl crt ${both} alpn http/1.1 backlog 4096
  ${rule} set-dst ipv4(127.0.0.1)
  ${rule} set-dst-port ssl_fc_sni,lower,map_str_int(${map})
  default_backend back
backend back
  server any 0.0.0.0:0 ${path === 'pinned' ? tls : ''}
`;
}

function say(path, line) {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(path, () => socket.end(`${line}\n`));
    socket.on('data', (bytes) => (said += bytes)).on('error', reject);
    socket.on('close', () => (said.trim() === '' ? resolve() : reject(new Error(`HAProxy: ${said}`))));
  });
}
