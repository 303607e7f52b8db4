/** `openssl s_client` as a client that does what Node's would not. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import type { AdversaryBed } from './bed.js';

export const folder = mkdtempSync(join(tmpdir(), 'sj-openssl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export interface Client {
  process: ChildProcessWithoutNullStreams;
  /** Everything it printed, at its end. */
  output: Promise<string>;
}

/** Connects; resolves once the handshake is done. `name` empty: without a server name. It is ended after 20 s at the latest. */
export async function openssl(bed: AdversaryBed, name: string, args: readonly string[]): Promise<Client> {
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, bed.authority.certificatePem);
  const server = ['-connect', `127.0.0.1:${bed.proxy.port}`, '-CAfile', caFile, '-verify_return_error'];
  const process = spawn(
    'openssl',
    ['s_client', ...server, ...(name === '' ? ['-noservername'] : ['-servername', name]), ...args],
    { timeout: 20_000 },
  );
  let printed = '';
  for (const stream of [process.stdout, process.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  process.stdin.on('error', () => undefined);
  const output = new Promise<string>((resolve) => process.once('close', () => resolve(printed)));
  await new Promise<void>((resolve, reject) => {
    process.once('error', reject).once('close', () => reject(new Error(printed)));
    process.stdout.on('data', () => {
      if (/Verify return code: 0 \(ok\)/.test(printed)) resolve();
    });
  });
  return { process, output };
}
