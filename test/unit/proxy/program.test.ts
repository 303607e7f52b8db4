import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildStoreWorker } from '../../../scripts/build-store.mjs';
import { exchange, get } from './data/stage.js';

const run = promisify(execFile);
const POSIX = process.platform !== 'win32';
const DOMAIN = 'jupyter.localhost';
const folder = mkdtempSync(join(tmpdir(), "sj proxy's $(program) "));
const program = join(folder, 'dist', 'start-jupyter-proxy.mjs');
const children: ChildProcess[] = [];

/** As scripts/build.mjs bundles it. */
beforeAll(async () => {
  await build({
    entryPoints: { 'start-jupyter-proxy': 'src/proxy/main.ts' },
    outdir: join(folder, 'dist'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    loader: { '.html': 'text' },
    banner: {
      js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
    },
    logLevel: 'error',
  });
  await buildStoreWorker(join(folder, 'dist'));
}, 60_000);
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Failure {
  code: number;
  stdout: string;
  stderr: string;
}

const call = (...argv: string[]) => run(process.execPath, [program, ...argv]);
const fail = (...argv: string[]): Promise<Failure> =>
  call(...argv).then(
    () => Promise.reject(new Error('it should have failed')),
    (error: unknown) => error as Failure,
  );

/** Starts `serve` and waits until it says where it listens. */
async function serve(...argv: string[]) {
  const child = spawn(process.execPath, [program, 'serve', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const log = text(child.stdout);
  let words = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      words += piece;
      const found = /listens on .*:(\d+) for/.exec(words)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', () => reject(new Error(words)));
  });
  return { child, port, log, words: () => words };
}

describe('start-jupyter-proxy', () => {
  const dir = join(folder, 'tried out');

  it('answers --version, and --help for each command', async () => {
    expect((await call('--version')).stdout).toMatch(/^\d+\.\d+\.\d+/);
    const { stdout } = await call('serve', '--help');
    for (const option of [
      '--config',
      '--listen',
      '--trusted-network',
      '--job-state-source',
      '--feeder-secret-file',
    ]) {
      expect(stdout).toContain(option);
    }
  });

  it('init writes what serve needs, says what comes next, and overwrites nothing', async () => {
    const { stdout } = await call('init', '--domain', DOMAIN, '--dir', dir);
    expect(stdout).toContain(`serve --config ${join(dir, 'proxy.yaml')}`);
    if (POSIX) expect(statSync(join(dir, 'key.pem')).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(dir, 'key.pem'), 'utf8');
    const again = await fail('init', '--domain', DOMAIN, '--dir', dir);
    expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('exists already')]);
    expect(readFileSync(join(dir, 'key.pem'), 'utf8')).toBe(before);
  });

  it('serve listens where it says, logs a JSON line an event, and stops in order', async () => {
    const config = join(dir, 'proxy.yaml');
    const { child, port, log, words } = await serve('--config', config, '--listen', '127.0.0.1:0');
    expect(words()).toContain(`for *.${DOMAIN}`);
    expect(words()).toContain(`https://manage.${DOMAIN}:${port}, for 127.0.0.0/8 ::1/128`);
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: `one-two-three.${DOMAIN}`,
      ca: readFileSync(join(dir, 'ca.pem')),
    });
    const answer = await exchange(socket, get(`one-two-three.${DOMAIN}`, '/?token=secret'));
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    child.kill('SIGTERM');
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (!POSIX) return;
    expect([status, signal]).toEqual([0, null]);
    const lines = (await log).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'certificate-loaded',
      'listening',
      'stopped',
    ]);
    expect(lines.join()).not.toContain('secret');
  });

  it('serve ends when its store does, for its service manager to start it again', async () => {
    const other = join(folder, 'mortal');
    cpSync(join(folder, 'dist'), other, { recursive: true });
    appendFileSync(join(other, 'store-worker.cjs'), '\nsetTimeout(() => process.exit(1), 1000);\n');
    await call('init', '--domain', DOMAIN, '--dir', join(folder, 'mortal-try'));
    const child = spawn(
      process.execPath,
      [
        join(other, 'start-jupyter-proxy.mjs'),
        ...['serve', '--config', join(folder, 'mortal-try', 'proxy.yaml'), '--listen', '127.0.0.1:0'],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    children.push(child);
    const [words] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(words).toContain('The thread of the store has stopped');
    expect(child.exitCode).toBe(4);
  });

  it('serve goes on when nobody reads its log any more', async () => {
    const { child, port, log } = await serve('--config', join(dir, 'proxy.yaml'), '--listen', '127.0.0.1:0');
    log.catch(() => undefined);
    child.stdout.destroy();
    child.stderr.destroy();
    const host = `manage.${DOMAIN}`;
    for (let time = 0; time < 3; time++) {
      const socket = connect({
        host: '127.0.0.1',
        port,
        servername: host,
        ca: readFileSync(join(dir, 'ca.pem')),
      });
      expect(await exchange(socket, get(host, '/getlink.cgi', 'Connection: close\r\n'))).toMatch(
        /^HTTP\/1\.1 200 /,
      );
    }
    expect(child.exitCode).toBeNull();
  });

  it.for<[number, string, string[]]>([
    [2, "unknown option '--listn'", ['serve', '--listn', 'x']],
    [2, 'unknown command', ['sevre']],
    [2, '--domain', ['init', '--domain', 'localhost', '--dir', 'x']],
    [
      2,
      '--trusted-network',
      ['serve', '--trusted-network', 'everyone', '--domain', 'a.b', '--certificate', 'c', '--key', 'k'],
    ],
    [3, 'missing.yaml', ['serve', '--config', 'missing.yaml']],
    [3, 'The setting domain is missing', ['serve']],
  ])('exits with %d and says: %s', async ([code, words, argv]) => {
    const failure = await fail(...argv);
    expect(failure.stderr).toContain(words);
    expect([failure.code, failure.stdout]).toEqual([code, '']);
  });

  it.skipIf(!POSIX)('refuses a key that every user of the machine may read', async () => {
    chmodSync(join(dir, 'key.pem'), 0o644);
    const failure = await fail('serve', '--config', join(dir, 'proxy.yaml'));
    expect([failure.code, failure.stderr]).toEqual([3, expect.stringContaining('every user')]);
    chmodSync(join(dir, 'key.pem'), 0o600);
  });
});
