import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../../src/proxy/store/open-store.js';
import { keeperFolders, startKeeper } from './keeper.js';
import { newSession } from './sessions.js';

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65_534;
const quiet = (): void => undefined;
let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'start-jupyter-folder-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the folder of a store', () => {
  it.each(['000', '022', '077'])('and all in it are the user’s alone under umask %s', async (umask) => {
    const folder = join(root, `umask-${umask}`);
    const before = process.umask(Number.parseInt(umask, 8));
    try {
      const store = await openStore(folder, quiet);
      await store.create(newSession('big-red-fox'));
      expect(modeOf(folder)).toBe('700');
      const modes = readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, modeOf(join(folder, name))]);
      expect(modes.sort()).toEqual([
        ['lock', '600'],
        ['sessions.db', '600'],
        ['sessions.db-wal', '600'],
      ]);
      await store.close();
    } finally {
      process.umask(before);
    }
  });

  it.each(['750', '701', '755'])('is refused with mode %s, and stays so', async (mode) => {
    const folder = join(root, `mode-${mode}`);
    mkdirSync(folder);
    chmodSync(folder, Number.parseInt(mode, 8));
    await expect(openStore(folder, quiet)).rejects.toMatchObject({
      code: 'unsafe-directory',
      hint: expect.stringContaining(`chmod 700 ${folder}`) as unknown,
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(modeOf(folder)).toBe(mode);
  });

  it('may be a link to a folder, as systemd makes one', async () => {
    mkdirSync(join(root, 'private'), { mode: 0o700 });
    symlinkSync('private', join(root, 'link'));
    await (await openStore(join(root, 'link'), quiet)).close();
    expect(readdirSync(join(root, 'private'))).toContain('sessions.db');
  });

  it('is refused when it is a file', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(openStore(join(root, 'file'), quiet)).rejects.toMatchObject({ code: 'bad-directory' });
    await expect(openStore(join(root, 'file', 'below'), quiet)).rejects.toMatchObject({
      code: 'bad-directory',
    });
  });

  it('is refused where it cannot be made', async () => {
    await expect(openStore(join(root, 'nothing', 'here'), quiet)).rejects.toMatchObject({
      code: 'bad-directory',
      message: expect.stringContaining('the folder above is not there') as unknown,
    });
    await expect(openStore('/proc/start-jupyter', quiet)).rejects.toMatchObject({ code: 'bad-directory' });
  });

  it.skipIf(!isRoot)('is refused when it belongs to somebody else', async () => {
    const folder = join(root, 'foreign');
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, NOBODY, NOBODY);
    await expect(openStore(folder, quiet)).rejects.toMatchObject({
      code: 'unsafe-directory',
      message: expect.stringContaining('belongs to user 65534') as unknown,
    });
  });

  it('is refused when its owner may not write it', async () => {
    const folders = await keeperFolders();
    const folder = join(folders.root, 'read-only');
    mkdirSync(folder, { mode: 0o500 });
    // Root may write everywhere.
    if (isRoot) {
      chownSync(folder, NOBODY, NOBODY);
      chmodSync(folders.root, 0o755);
    }
    const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
    const keeper = await startKeeper(folders.module, folder, { before: isRoot ? asNobody : [] });
    expect(keeper.refused).toMatchObject({
      code: 'bad-directory',
      message: `The store ${folder} cannot be used by the user that the proxy runs as.`,
    });
    await keeper.kill();
    folders.remove();
  });
});
