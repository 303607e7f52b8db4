import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { knownSessions } from '../../../src/launched/known-sessions.js';
import { proxyOf } from '../../../src/launched/proxy-of.js';
import { recordEnd } from '../../../src/launched/record-end.js';
import type { SessionEnd } from '../../../src/session/record.js';
import { fakeCluster, type FakeCluster } from './fake-cluster.js';

const THROUGH_A_PROXY = {
  name: 'oak-elm-ash',
  url: 'https://oak-elm-ash.jupyter.example.org/',
  endpoint: 'jupyter.example.org:443',
  protocol: 'v1',
} as const;
const END: SessionEnd = {
  version: 1,
  outcome: 'completed',
  cause: 'Jupyter was shut down.',
  endedAt: '2026-03-04T12:00:00.000Z',
};

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

describe.skipIf(process.platform === 'win32')('what is no file where a secret should be', () => {
  it.each([
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('%s keeps nobody waiting', async (_what, make) => {
    const directory = await cluster.add({ jobId: '7', record: THROUGH_A_PROXY });
    for (const name of ['redeem.secret', 'ca.pem', 'token']) {
      await rm(join(directory, name), { force: true });
      make(join(directory, name));
    }
    const [session] = (await knownSessions(cluster)).sessions;
    const proxy = await proxyOf(session!.record, directory);
    expect(proxy?.reservation).not.toHaveProperty('redeemSecret');
    expect(await recordEnd(session!, END)).toEqual(END);
    expect(existsSync(join(directory, 'end.json'))).toBe(true);
  });
});
