// (c) From the answer to a redeem to the first byte served through the name: a new connection of a browser, with TLS to
// the proxy and from the proxy to a real Jupyter. The same request straight to Jupyter stands beside it.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { user } from './bed.mjs';
import { startProxy } from './proxy.mjs';
import { over, summary } from './statistics.mjs';

const STARTS_MS = 60_000;
const LIMIT_MS = 10_000;

export async function measureFirstByte(bed, packageFolder, rounds) {
  const proxy = await startProxy(bed, packageFolder);
  const jupyter = await startJupyter(bed);
  try {
    const through = [];
    const direct = [];
    // The first round is not counted: code runs for the first time then.
    for (let round = 0; round <= rounds; round++) {
      direct.push(await firstByte(jupyter.port, 'localhost', jupyter.certificate));
      through.push(await redeemAndGet(proxy, jupyter));
    }
    for (const list of [direct, through]) list.shift();
    return { firstByte: summary(through), direct: summary(direct), overDirect: over(through, direct) };
  } finally {
    await jupyter.stop();
    await proxy.stop();
  }
}

/** A session from its reservation to its end. */
async function redeemAndGet(proxy, jupyter) {
  const ca = readFileSync(proxy.caFile);
  const call = (method, path, secret, body) =>
    callControl({ ...proxy, ca }, method, `/api/v1/sessions${path}`, secret, body);
  const { raw } = new X509Certificate(jupyter.certificate);
  const sha256 = (data) => createHash('sha256').update(data).digest('hex');
  const reserve = { certificateSha256: sha256(raw), viewerKeySha256: sha256('nobody looks') };
  const { name, redeemSecret } = JSON.parse(await call('POST', '', undefined, reserve));
  await call('POST', `/${name}/redeem`, redeemSecret, { port: jupyter.port });
  const took = await firstByte(proxy.port, `${name}.${proxy.domain}`, ca);
  await call('DELETE', `/${name}`, redeemSecret);
  return took;
}

function callControl({ domain, port, ca }, method, path, secret, body) {
  const host = `manage.${domain}`;
  const headers = {
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: host, method, path, ca, agent: false };
    const sent = request({ ...options, headers: { host, ...headers }, timeout: LIMIT_MS }, (answer) => {
      let text = '';
      answer.on('data', (data) => (text += data));
      answer.on('end', () => {
        if (answer.statusCode < 300) resolve(text);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Milliseconds from the start of a connection to the first byte of Jupyter's answer. */
function firstByte(port, servername, ca) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername, ca });
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`${servername}: no answer`)));
    socket.write(`GET /api HTTP/1.1\r\nHost: ${servername}\r\n\r\n`);
    socket.once('data', (data) => {
      const took = performance.now() - start;
      socket.destroy();
      if (/^HTTP\/1\.1 200 /.test(String(data)) && /TornadoServer/.test(String(data))) resolve(took);
      else reject(new Error(`${servername} answered: ${String(data).slice(0, 200)}`));
    });
    socket.once('error', reject);
  });
}

/** A Jupyter with a certificate of its own; `{port, certificate, stop}`. */
async function startJupyter(bed) {
  const who = user(bed.users.bob);
  const folder = mkdtempSync('/var/tmp/start-jupyter-bench-jupyter-');
  const [keyFile, certificateFile] = ['key.pem', 'certificate.pem'].map((name) => join(folder, name));
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', certificateFile], { stdio: 'ignore' });
  const certificate = readFileSync(certificateFile, 'utf8');
  const port = await freePort();
  const values = { port, port_retries: 0, ip: '127.0.0.1', certfile: certificateFile, keyfile: keyFile };
  const config = {
    ServerApp: { ...values, open_browser: false, allow_remote_access: true, root_dir: folder },
    IdentityProvider: { token: 'bench' },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  for (const path of [folder, keyFile, certificateFile]) chownSync(path, who.uid, who.gid);
  const child = spawn(join(bed.jupyter4, 'bin/jupyter'), ['lab', `--config=${join(folder, 'config.json')}`], {
    ...{ cwd: folder, uid: who.uid, gid: who.gid, stdio: 'ignore' },
    env: { ...who.env, JUPYTER_RUNTIME_DIR: join(folder, 'runtime') },
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilAnswering(port, certificate);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, certificate, stop };
}

async function untilAnswering(port, certificate) {
  const end = performance.now() + STARTS_MS;
  for (;;) {
    try {
      return await firstByte(port, 'localhost', certificate);
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(100);
    }
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
