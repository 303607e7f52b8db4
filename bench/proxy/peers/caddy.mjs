// Caddy on one processor; mappings by its administration API.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, PROXY_CORE, start, untilListening } from '../processes.mjs';
import { startNamed } from './named.mjs';

export const caddy = {
  title: 'Caddy',
  path: 'plain',
  work: 'HTTP, backend connections kept',
  start: (site) =>
    startNamed(site, 'plain', async ({ folder, targets }) => {
      const [port, admin] = [await freePort(), await freePort()];
      const file = join(folder, 'caddy.json');
      writeFileSync(file, JSON.stringify(configuration(site, port, admin, targets)));
      const env = { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
      const running = start(PROXY_CORE, ['caddy', 'run', '--config', file], { env });
      await untilListening(running, port);
      const routes = `http://127.0.0.1:${admin}/config/apps/http/servers/front/routes`;
      const change = async (host, target) => {
        const answer = await fetch(routes, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(route(host, target)),
        });
        if (!answer.ok) throw new Error(`Caddy: ${await answer.text()}`);
      };
      return { ...running, port, change };
    }),
};

function route(host, target) {
  return {
    match: [{ host: [host] }],
    handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: target }] }],
    terminal: true,
  };
}

function configuration({ certFile, keyFile }, port, admin, targets) {
  const front = {
    listen: [`127.0.0.1:${port}`],
    protocols: ['h1'],
    automatic_https: { disable: true },
    tls_connection_policies: [{ alpn: ['http/1.1'] }],
    routes: [...targets].map(([host, target]) => route(host, target)),
  };
  return {
    admin: { listen: `127.0.0.1:${admin}`, config: { persist: false } },
    logging: { logs: { default: { level: 'ERROR' } } },
    apps: {
      http: { servers: { front } },
      tls: {
        session_tickets: { disabled: true },
        certificates: { load_files: [{ certificate: certFile, key: keyFile }] },
      },
    },
  };
}
