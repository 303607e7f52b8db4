import { execFileSync, type StdioOptions } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canRunJobs } from './session.js';

const SCRIPT = join(import.meta.dirname, '../../../batch-templates/lib/jupyter.sh');

function addressOf(name: string, tools: readonly string[]): string {
  const bin = mkdtempSync(join(tmpdir(), 'sj-address-'));
  try {
    for (const tool of tools) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
    const words = ['-c', 'source "$1"; address_of "$2"', 'bash', SCRIPT, name];
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    return execFileSync('/bin/bash', words, { env: { PATH: bin }, encoding: 'utf8', stdio });
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}

describe.skipIf(!canRunJobs)('the address of a node’s name', () => {
  it.each([[['getent']], [['python3']], [['getent', 'python3']]])('is looked up with %j', (tools) => {
    expect(addressOf('localhost', tools)).toBe('127.0.0.1');
    expect(addressOf('no.such.invalid', tools)).toBe('');
  });

  it('is not known without either', () => {
    expect(addressOf('localhost', [])).toBe('');
  });
});
