// The loads. Each runs for so long and returns how many units went through; 'errors' of any kind end the benchmark.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { DOWNLOAD_BYTES } from './backends.mjs';
import { openWebsocket } from './connection.mjs';

const run = promisify(execFile);
const CONNECTIONS = 32;
const PAYLOAD_BYTES = 64;
const DOWNLOADS_AT_ONCE = 4;

/** By wrk, which knows whole seconds and checks no certificate; each proxy was asked once with the check before. */
async function wrk({ port, hosts }, seconds, headers = []) {
  const script = join(import.meta.dirname, 'wrk.lua');
  const url = `https://${hosts.http}:${port}/api`;
  const args = [
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${Math.max(1, Math.round(seconds))}s`,
    '-s',
    script,
    ...headers.flatMap((header) => ['-H', header]),
    url,
  ];
  const { stdout } = await run('wrk', args, { timeout: 60_000 + seconds * 1000 });
  const count = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (!(count > 0) || /Socket errors|Non-2xx/.test(stdout)) throw new Error(`wrk ${url}:\n${stdout}`);
  return count;
}

export const small = (proxy, seconds) => wrk(proxy, seconds);
export const handshakes = (proxy, seconds) => wrk(proxy, seconds, ['Connection: close']);

/** In GB. Each download is read by a curl that checks the certificate. */
export async function downloads({ port, hosts, caFile }, seconds) {
  const end = performance.now() + seconds * 1000;
  let bytes = 0;
  const one = async () => {
    do {
      const url = `https://${hosts.http}:${port}/download`;
      const to = ['--connect-to', `::127.0.0.1:${port}`, '--cacert', caFile, '--http1.1', '--no-alpn'];
      const show = ['-sS', '-o', '/dev/null', '-w', '%{size_download}', '--max-time', '60'];
      const { stdout } = await run('curl', [...show, ...to, url]);
      if (Number(stdout) !== DOWNLOAD_BYTES) throw new Error(`curl ${url} got ${stdout} bytes`);
      bytes += DOWNLOAD_BYTES;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, one));
  return bytes / 1e9;
}

/** Websockets that are open before the clock starts; `run(seconds)` returns messages and back, `roundTrip` µs of one alone. */
export async function openEchoes({ port, hosts, ca }) {
  const sockets = [];
  for (let count = 0; count < CONNECTIONS; count++) sockets.push(await openWebsocket(port, hosts.echo, ca));
  return {
    run: (seconds) => exchange(sockets, seconds * 1000),
    roundTrip: async (seconds) => {
      const times = [];
      await exchange(sockets.slice(0, 1), seconds * 1000, times);
      times.sort((one, other) => one - other);
      return times[Math.floor(times.length / 2)] * 1000;
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** Every socket sends a frame, waits for it to come back, and sends the next. */
function exchange(sockets, ms, times) {
  const frame = Buffer.concat([Buffer.of(0x82, 0x80 | PAYLOAD_BYTES), randomBytes(4 + PAYLOAD_BYTES)]);
  const end = performance.now() + ms;
  let count = 0;
  const one = (socket) =>
    new Promise((resolve, reject) => {
      let [missing, sent] = [frame.length, performance.now()];
      const broken = () => reject(new Error('a websocket was closed'));
      const take = (bytes) => {
        missing -= bytes.length;
        if (missing > 0) return;
        count++;
        const now = performance.now();
        times?.push(now - sent);
        if (now >= end) {
          socket.off('data', take).off('close', broken);
          resolve();
          return;
        }
        [missing, sent] = [frame.length, now];
        socket.write(frame);
      };
      socket.on('data', take).on('close', broken);
      socket.write(frame);
    });
  return Promise.all(sockets.map(one)).then(() => count);
}
