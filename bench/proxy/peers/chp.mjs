// configurable-http-proxy, JupyterHub's own; mappings by its REST interface.
import { randomBytes } from 'node:crypto';
import { freePort, PROXY_CORE, start, untilListening } from '../processes.mjs';
import { startNamed } from './named.mjs';

export const configurableHttpProxy = {
  title: 'configurable-http-proxy',
  path: 'plain',
  work: 'HTTP',
  start: (site) =>
    startNamed(site, 'plain', async ({ targets }) => {
      const [port, api] = [await freePort(), await freePort()];
      const token = randomBytes(16).toString('hex');
      const listen = [
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
        '--api-ip',
        '127.0.0.1',
        '--api-port',
        String(api),
      ];
      const tls = ['--ssl-key', site.keyFile, '--ssl-cert', site.certFile];
      const command = [site.node, site.chp, ...listen, ...tls, '--host-routing', '--log-level', 'error'];
      const running = start(PROXY_CORE, command, { env: { CONFIGPROXY_AUTH_TOKEN: token } });
      await untilListening(running, port);
      await untilListening(running, api);
      const change = async (host, target) => {
        const answer = await fetch(`http://127.0.0.1:${api}/api/routes/${host}`, {
          method: 'POST',
          headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ target: `http://${target}` }),
        });
        if (!answer.ok) throw new Error(`configurable-http-proxy: ${answer.status}`);
      };
      for (const [host, target] of targets) await change(host, target);
      return { ...running, port, change };
    }),
};
