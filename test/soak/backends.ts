/** Servers that play Jupyter, in a process of their own: the load and its measuring must not wait for each other. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { selfSignedCertificate } from '../../src/certificate.js';
import type { Order, Ports } from './backend-program.js';

export interface Backends {
  ports: Ports;
  /** Of the one certificate that all with TLS show. */
  certificateSha256: string;
  stop(): Promise<void>;
}

/** Each listens on every loopback address, on a port that the system chose. */
export async function startBackends(counts: Partial<Record<keyof Ports, number>>): Promise<Backends> {
  const { certificatePem, keyPem, sha256 } = await selfSignedCertificate({
    commonName: 'session',
    names: ['localhost'],
    days: 2,
  });
  const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-backends-'));
  const program = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('backend-program.ts', import.meta.url))],
    outfile: program,
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20.18', logLevel: 'warning' },
  });
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const order: Order = { certificatePem, keyPem, pinned: 0, plain: 0, rude: 0, ...counts };
  child.stdin.write(`${JSON.stringify(order)}\n`);
  return {
    ports: JSON.parse(await firstLine(child)) as Ports,
    certificateSha256: sha256,
    async stop() {
      child.stdin.end();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('The backends ended before they listened')));
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) resolve(text);
    });
  });
}
