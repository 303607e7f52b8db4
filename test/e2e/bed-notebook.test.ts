/** The tests' own hands: can they work a notebook of each generation, without any program of ours in between? */
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfSignedCertificate } from '../../src/certificate.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { type Browser, startBrowser } from './bed/browser.js';
import { type Interface, runCell, save } from './bed/notebook.js';
import { startAs, user } from './bed/users.js';

const HOST = 'hands.jupyter.localhost';

describeOnBed('working a notebook', () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    const alice = user(theBed().users.alice);
    folder = mkdtempSync('/var/tmp/start-jupyter-hands-');
    const { certificatePem, keyPem } = await selfSignedCertificate({
      commonName: HOST,
      names: [HOST],
      days: 1,
    });
    writeFileSync(join(folder, 'certificate.pem'), certificatePem);
    writeFileSync(join(folder, 'key.pem'), keyPem, { mode: 0o600 });
    for (const name of ['', 'key.pem']) chownSync(join(folder, name), alice.uid, alice.gid);
    chmodSync(folder, 0o700);
    browser = await startBrowser([join(folder, 'certificate.pem')]);
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each<[title: string, Interface, () => string, string]>([
    ['Notebook 6', 'notebook6', () => theBed().jupyter3, 'notebook'],
    ['Notebook 7', 'notebook7', () => join(theBed().jupyter4, 'bin/jupyter'), 'notebook'],
    ['JupyterLab 4', 'lab', () => join(theBed().jupyter4, 'bin/jupyter'), 'lab'],
    ['JupyterLab 4 that has been used before', 'lab', () => join(theBed().jupyter4, 'bin/jupyter'), 'lab'],
  ])('%s', async (_, kind, jupyter, command) => {
    const { url, stop } = await startJupyter(folder, [jupyter(), command], kind);
    try {
      const page = await browser.open(url);
      const cell = await runCell(page, '6*7');
      expect(cell.result).toBe('42');
      await save(cell.page);
      expect(statSync(join(folder, kind, 'Untitled.ipynb')).uid).toBe(user(theBed().users.alice).uid);
    } finally {
      await stop();
    }
  });
});

async function startJupyter(folder: string, command: string[], kind: Interface) {
  const port = await freePort();
  const options = [
    `--port=${port}`,
    '--port-retries=0',
    '--no-browser',
    `--certfile=${join(folder, 'certificate.pem')}`,
    `--keyfile=${join(folder, 'key.pem')}`,
    // The host name is not a local one to Jupyter.
    ...(kind === 'notebook6'
      ? ['--NotebookApp.token=t', '--NotebookApp.allow_remote_access=True']
      : ['--IdentityProvider.token=t', '--ServerApp.allow_remote_access=True']),
  ];
  const directory = join(folder, kind);
  const alice = user(theBed().users.alice);
  const script = 'mkdir -p "$1" && cd "$1" && shift && exec "$@"';
  const jupyter = startAs(alice, ['/bin/bash', '-c', script, 'bash', directory, ...command, ...options], {
    env: { JUPYTER_RUNTIME_DIR: join(folder, `${kind}-runtime`) },
  });
  await jupyter.printed('stderr', /is running at/, 60_000);
  const stop = async () => {
    jupyter.signal('SIGTERM');
    await jupyter.ended(20_000);
  };
  return { url: `https://${HOST}:${port}/?token=t`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
