// What stands behind every proxy, plain and with TLS: nginx for small answers and downloads, and a websocket that echoes.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { freePort, LOAD_CORE, start, untilListening } from './processes.mjs';

export const DOWNLOAD_BYTES = 64 * 1024 * 1024;
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** `{plain: {http, echo}, pinned: {http, echo}, certificateFile, certificateSha256, stop}`: ports of 127.0.0.1. */
export async function startBackends(folder) {
  mkdirSync(folder, { mode: 0o755 });
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  // As a session's own: it is its own authority.
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=session', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', certificateFile, '-days', '2', ...names], {
    stdio: 'pipe',
  });
  const http = await startNginx(folder, certificateFile, keyFile);
  const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) };
  const plainEcho = await listen(createPlainServer({ noDelay: true }, echo));
  const pinnedEcho = await listen(createTlsServer({ ...tls, noDelay: true }, echo));
  return {
    plain: { http: http.plain, echo: plainEcho.port },
    pinned: { http: http.pinned, echo: pinnedEcho.port },
    certificateFile,
    certificateSha256: new X509Certificate(tls.cert).fingerprint256.replaceAll(':', '').toLowerCase(),
    async stop() {
      plainEcho.server.close();
      pinnedEcho.server.close();
      await http.stop();
    },
  };
}

async function startNginx(folder, certificateFile, keyFile) {
  const [plain, pinned] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'download'), '');
  truncateSync(join(folder, 'download'), DOWNLOAD_BYTES);
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr crit; worker_processes 1;
events { worker_connections 8000; }
http {
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 3600s;
  client_body_temp_path ${folder}/t; proxy_temp_path ${folder}/t; fastcgi_temp_path ${folder}/t; uwsgi_temp_path ${folder}/t; scgi_temp_path ${folder}/t;
  ssl_certificate ${certificateFile}; ssl_certificate_key ${keyFile}; ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen 127.0.0.1:${plain} backlog=4096; listen 127.0.0.1:${pinned} ssl backlog=4096;
    location = /api { default_type application/json; return 200 '{"version": "2.14.2"}'; }
    location = /download { root ${folder}; }
  }
}
`,
  );
  const program = start(LOAD_CORE, ['nginx', '-p', folder, '-e', 'stderr', '-c', file]);
  await untilListening(program, pinned);
  return { plain, pinned, stop: program.stop };
}

/** Takes any upgrade, then sends back what comes, frames and all. */
function echo(socket) {
  socket.on('error', () => undefined);
  socket.once('data', (head) => {
    const key = /^sec-websocket-key: *(\S+)/im.exec(head.toString('latin1'))?.[1];
    if (key === undefined) {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
      return;
    }
    const accept = createHash('sha1')
      .update(key + MAGIC)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('data', (bytes) => socket.write(bytes));
  });
}

function listen(server) {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve({ server, port: server.address().port }),
    );
  });
}
