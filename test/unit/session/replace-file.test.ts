import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFile, replaceFile } from '../../../src/session/replace-file.js';
import { asNobody } from '../as-nobody.js';

const onPosix = describe.skipIf(process.platform === 'win32');
const asRoot = process.getuid?.() === 0 && process.platform === 'linux';
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sj-replace-'));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const read = (name: string) => readFileSync(join(home, name), 'utf8');

onPosix('a file that is replaced', () => {
  it('is the user’s alone, and nothing stays beside it', async () => {
    await replaceFile(join(home, 'session.json'), 'one');
    await replaceFile(join(home, 'session.json'), 'two');
    expect(read('session.json')).toBe('two');
    expect(statSync(join(home, 'session.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['session.json']);
  });

  it('is one of those that were written at the same time, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(5000));
    await Promise.all(texts.map((text) => replaceFile(join(home, 'session.json'), text)));
    expect(texts).toContain(read('session.json'));
    expect(readdirSync(home)).toEqual(['session.json']);
  });

  it('stays as it was where the new one cannot take its place', async () => {
    await mkdir(join(home, 'session.json', 'full'), { recursive: true });
    await expect(replaceFile(join(home, 'session.json'), 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(home)).toEqual(['session.json']);
  });

  it.runIf(asRoot)('stays as it was on a full disk', async () => {
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', home]);
    try {
      writeFileSync(join(home, 'session.json'), 'old');
      const text = 'x'.repeat(200_000);
      await expect(replaceFile(join(home, 'session.json'), text)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(read('session.json')).toBe('old');
      expect(readdirSync(home)).toEqual(['session.json']);
    } finally {
      spawnSync('umount', [home]);
    }
  });
});

onPosix('a file that is written once', () => {
  it('is there as a whole, the user’s alone', async () => {
    expect(await createFile(join(home, 'end.json'), 'one')).toBe(true);
    expect(read('end.json')).toBe('one');
    expect(statSync(join(home, 'end.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['end.json']);
  });

  it('keeps what the first one wrote', async () => {
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, at) => createFile(join(home, 'end.json'), String(at))),
    );
    expect(written.filter((first) => first)).toHaveLength(1);
    expect(read('end.json')).toBe(String(written.indexOf(true)));
    expect(readdirSync(home)).toEqual(['end.json']);
  });

  it('says so where it cannot be written', async () => {
    await chmod(home, 0o500);
    await asNobody(home, async () => {
      await expect(createFile(join(home, 'end.json'), 'x')).rejects.toMatchObject({ code: 'EACCES' });
    });
  });

  it('says so where its folder is gone', async () => {
    await expect(createFile(join(home, 'gone', 'end.json'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
