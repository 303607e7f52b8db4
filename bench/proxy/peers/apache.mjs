// Apache with the event module, one process and a virtual host each: the way of the classic Satellite.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, PROXY_CORE, start, untilListening } from '../processes.mjs';
import { startNamed } from './named.mjs';

const run = promisify(execFile);
const MODULES = ['mpm_event', 'authz_core', 'ssl', 'socache_shmcb', 'proxy', 'proxy_http', 'proxy_wstunnel'];

export const apache = {
  title: 'Apache event',
  path: 'plain',
  work: 'HTTP, backend connections kept',
  start: (site) =>
    startNamed(site, 'plain', async ({ folder, targets }) => {
      const port = await freePort();
      const [file, hosts] = [join(folder, 'apache.conf'), join(folder, 'hosts.conf')];
      const write = () =>
        writeFileSync(hosts, [...targets].map((entry) => virtualHost(site, entry)).join(''));
      write();
      writeFileSync(file, configuration(folder, port, hosts));
      const running = start(PROXY_CORE, ['apache2', '-f', file, '-DFOREGROUND']);
      await untilListening(running, port);
      const change = async () => {
        write();
        // As the classic service does: the configuration is read and checked by a program of its own first.
        await run('apache2', ['-f', file, '-k', 'graceful']);
      };
      return { ...running, port, change };
    }),
};

/** A websocket takes a thread for its life, hence so many. */
function configuration(folder, port, hosts) {
  return `${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerRoot ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel crit
DefaultRuntimeDir ${folder}
User www-data
Group www-data
ServerName localhost
Listen 127.0.0.1:${port}
ListenBacklog 4096
ServerLimit 2
StartServers 1
ThreadLimit 1200
ThreadsPerChild 1200
MaxRequestWorkers 1200
MinSpareThreads 1
MaxSpareThreads 1200
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 3600
Timeout 3600
SSLSessionCache none
SSLSessionTickets off
SSLProtocol -all +TLSv1.2 +TLSv1.3
Include ${hosts}
`;
}

function virtualHost({ certFile, keyFile }, [host, target]) {
  return `<VirtualHost *>
  ServerName ${host}
  SSLEngine on
  SSLCertificateFile ${certFile}
  SSLCertificateKeyFile ${keyFile}
  ProxyPreserveHost On
  ProxyPass / http://${target}/ upgrade=websocket
</VirtualHost>
`;
}
