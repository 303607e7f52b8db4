// What is compared and what loads it: Debian's packages, and configurable-http-proxy from npm in the test bed's cache.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = [
  'nginx-light',
  'libnginx-mod-stream',
  'haproxy',
  'caddy',
  'apache2',
  'wrk',
  'curl',
  'openssl',
];
const CACHE = '/var/tmp/start-jupyter-testbed/peers';
const CHP_VERSION = '5.3.0';
const LIMIT_MS = 900_000;

/** Installs what is missing; running it again is quick. Returns `{chp}`: the path of configurable-http-proxy. */
export function installPeers() {
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    try {
      apt(['install', '-y', '--no-install-recommends', ...missing]);
    } catch {
      apt(['update']);
      apt(['install', '-y', '--no-install-recommends', ...missing]);
    }
  }
  const chp = join(CACHE, 'node_modules/configurable-http-proxy');
  if (
    !existsSync(chp) ||
    JSON.parse(readFileSync(join(chp, 'package.json'), 'utf8')).version !== CHP_VERSION
  ) {
    mkdirSync(CACHE, { recursive: true });
    run('npm', [
      'install',
      '--prefix',
      CACHE,
      '--silent',
      '--no-audit',
      '--no-fund',
      `configurable-http-proxy@${CHP_VERSION}`,
    ]);
  }
  return { chp: join(chp, 'bin/configurable-http-proxy') };
}

function isInstalled(name) {
  try {
    return (
      execFileSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], {
        encoding: 'utf8',
        stdio: 'pipe',
      }) === 'installed'
    );
  } catch {
    return false;
  }
}

/** At run level 1 Debian starts no service that it installs. */
function apt(args) {
  run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    DEBIAN_FRONTEND: 'noninteractive',
    RUNLEVEL: '1',
  });
}

function run(file, args, env = {}) {
  execFileSync(file, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: LIMIT_MS,
    env: { ...process.env, ...env },
  });
}

/** What was compared, for the report: `{name: version}`. */
export function versions() {
  const said = (file, args) => {
    const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
    return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? 'unknown';
  };
  return {
    nginx: said('nginx', ['-v']),
    HAProxy: said('haproxy', ['-v']),
    Apache: said('apache2', ['-v']),
    Caddy: said('caddy', ['version']),
    'configurable-http-proxy': CHP_VERSION,
    Node: process.versions.node,
    'OpenSSL of Node': process.versions.openssl,
    'OpenSSL of the others but Caddy': said('openssl', ['version']),
  };
}
