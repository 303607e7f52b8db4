import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fullHostName } from '../../../src/platform/host-name.js';

let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'sj-host-'));
});

afterEach(() => {
  rmSync(bin, { recursive: true, force: true });
});

function answering(script: string) {
  const file = join(bin, 'hostname');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return fullHostName({ PATH: `${bin}:/usr/bin:/bin` });
}

// Where the system itself knows a full name nothing is asked.
describe.skipIf(process.platform === 'win32' || hostname().includes('.'))('the full host name', () => {
  it('is what hostname -f says', async () => {
    expect(await answering('[ "$1" = -f ] && echo login1.cluster.example.org')).toBe(
      'login1.cluster.example.org',
    );
  });

  it.each([
    ['fails', 'echo "Name or service not known" >&2; exit 1'],
    ['talks nonsense', 'echo "usage: hostname $(rm -rf /)"'],
    ['hangs', 'exec sleep 30'],
  ])('is the short one when hostname %s', async (_, script) => {
    expect(await answering(script)).toBe(hostname());
  });

  it('is the short one where there is no such program', async () => {
    expect(await fullHostName({ PATH: bin })).toBe(hostname());
  });
});
