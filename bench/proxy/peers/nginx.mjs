// nginx, one worker: as an HTTP proxy, and as a TLS end that passes bytes on ('stream').
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, PROXY_CORE, start, untilListening } from '../processes.mjs';
import { NAMES, startNamed } from './named.mjs';

/** `fresh`: no TLS session of the backend is used again, so that each new connection costs a handshake in full, as ours does. */
export function nginx(kind, path, { fresh = false } = {}) {
  return {
    title: `nginx ${kind}`,
    path,
    work: `${kind === 'http' ? 'HTTP, backend connections kept' : 'bytes, 1:1'}${fresh ? ', full handshakes' : ''}`,
    start: (site) =>
      startNamed(
        site,
        path,
        async ({ folder, targets }) => {
          const port = await freePort();
          const map = join(folder, 'map');
          const write = () =>
            writeFileSync(map, [...targets].map(([host, target]) => `${host} ${target};\n`).join(''));
          write();
          const file = join(folder, 'nginx.conf');
          writeFileSync(file, configuration(kind, path, { ...site, folder, port, map, fresh }));
          const running = start(PROXY_CORE, ['nginx', '-p', folder, '-e', 'stderr', '-c', file]);
          await untilListening(running, port);
          const change = () => {
            write();
            process.kill(running.pid, 'SIGHUP');
          };
          return { ...running, port, change };
        },
        { byName: kind === 'http' },
      ),
  };
}

function configuration(kind, path, site) {
  const { folder, port, map, certFile, keyFile, backends, fresh } = site;
  const verify =
    path === 'pinned'
      ? `proxy_ssl_verify on; proxy_ssl_trusted_certificate ${backends.certificateFile}; proxy_ssl_name localhost;
    proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_session_reuse ${fresh ? 'off' : 'on'};`
      : '';
  const common = `map_hash_max_size 65536; map_hash_bucket_size 128;
  ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets off; ssl_session_cache off;`;
  const head = `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; pid ${folder}/nginx.pid; error_log stderr crit; worker_processes 1;
events { worker_connections 8000; }
`;
  if (kind === 'stream') {
    return `${head}stream {
  ${common}
  map $ssl_server_name $target { include ${map}; }
  server {
    listen 127.0.0.1:${port} ssl backlog=4096; tcp_nodelay on; proxy_timeout 3600s;
    proxy_pass $target; ${path === 'pinned' ? 'proxy_ssl on;' : ''} ${verify}
  }
}
`;
  }
  const upstream = (name) =>
    `upstream ${name} { server 127.0.0.1:${backends[path][name]}; keepalive 64; keepalive_requests 1000000000; }`;
  return `${head}http {
  ${common}
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 3600s; server_names_hash_bucket_size 128;
  client_body_temp_path ${folder}/t; proxy_temp_path ${folder}/t; fastcgi_temp_path ${folder}/t; uwsgi_temp_path ${folder}/t; scgi_temp_path ${folder}/t;
  map $host $target { include ${map}; }
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  ${Object.keys(NAMES).map(upstream).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl backlog=4096; proxy_http_version 1.1; proxy_read_timeout 3600s; ${verify}
    proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    location / { proxy_pass ${path === 'pinned' ? 'https' : 'http'}://$target; }
    # Its defaults cost twice as much here, and would write what a slow reader has not taken to a file.
    location = /download {
      proxy_pass ${path === 'pinned' ? 'https' : 'http'}://$target;
      proxy_max_temp_file_size 0; proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
    }
  }
}
`;
}
