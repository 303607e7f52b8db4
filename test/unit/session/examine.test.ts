import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examineSessions } from '../../../src/session/examine.js';

describe('the place of the sessions', () => {
  let home: string;
  let sessions: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'examine-'));
    sessions = join(home, 'state', 'start-jupyter', 'sessions');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('that is there is tried out, and nothing of that is left', async () => {
    mkdirSync(sessions, { recursive: true, mode: 0o700 });
    const place = await examineSessions(sessions);
    expect(place).toEqual({ freeBytes: expect.any(Number) as number });
    expect(place.freeBytes).toBeGreaterThan(0);
    expect(readdirSync(sessions)).toEqual([]);
  });

  it('that is not there yet is not made: what is above it is tried out', async () => {
    expect(await examineSessions(sessions)).toMatchObject({ madeIn: home });
    expect(readdirSync(home)).toEqual([]);
  });

  it('that others may change is refused', async () => {
    mkdirSync(sessions, { recursive: true });
    chmodSync(sessions, 0o777);
    await expect(examineSessions(sessions)).rejects.toMatchObject({
      code: 'unsafe-directory',
      message: expect.stringContaining('can be changed by everybody') as string,
    });
  });

  it.runIf(process.getuid?.() === 0)('that is somebody else’s is refused', async () => {
    mkdirSync(sessions, { recursive: true });
    lchownSync(join(home, 'state'), 12_345, 12_345);
    await expect(examineSessions(sessions)).rejects.toMatchObject({
      code: 'unsafe-directory',
      message: expect.stringContaining('belongs to another user') as string,
    });
  });

  it('behind a file or a link that leads nowhere cannot be made', async () => {
    writeFileSync(join(home, 'state'), '');
    await expect(examineSessions(sessions)).rejects.toMatchObject({ code: 'bad-directory' });
    rmSync(join(home, 'state'));
    symlinkSync(join(home, 'gone'), join(home, 'state'));
    await expect(examineSessions(sessions)).rejects.toMatchObject({
      code: 'bad-directory',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  it('on a disk that takes nothing cannot be used', async () => {
    // The kernel's own answer to every write there, also for root.
    await expect(examineSessions('/proc/start-jupyter/sessions')).rejects.toMatchObject({
      code: 'bad-directory',
    });
  });
});
