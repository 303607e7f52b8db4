// The proxy under measurement: `init` and `serve` of the package, run by the bed's service user on a free port.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runAs, user } from './bed.mjs';

const STARTS_MS = 20_000;

/** Resolves when it listens: `{domain, port, caFile, stop}`. */
export async function startProxy(bed, packageFolder) {
  const who = user(bed.users.proxy);
  const folder = mkdtempSync('/var/tmp/start-jupyter-bench-proxy-');
  chmodSync(folder, 0o755);
  chownSync(folder, who.uid, who.gid);
  const program = [bed.node, join(packageFolder, 'bin/start-jupyter-proxy.js')];
  const configuration = join(folder, 'configuration');
  await runAs(who, [...program, 'init', '--domain', bed.domain, '--dir', configuration]);
  const [file, ...args] = [...program, 'serve', '--config', join(configuration, 'proxy.yaml')];
  const child = spawn(file, [...args, '--listen', '127.0.0.1:0'], {
    ...{ cwd: '/', env: who.env, uid: who.uid, gid: who.gid },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { domain: bed.domain, port: await portOf(child), caFile: join(configuration, 'ca.pem'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** It says where it listens. */
function portOf(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = () => reject(new Error(`The proxy did not start:\n${said}`));
    setTimeout(fail, STARTS_MS).unref();
    child.once('close', fail);
    child.stderr.on('data', (data) => {
      said += data;
      const port = /listens on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}
