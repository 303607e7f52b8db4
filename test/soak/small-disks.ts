/** Real file systems that can be filled up or that fail, for a proxy's store. Takes root, and loop devices for the second. */
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { User } from '../e2e/bed/users.js';

const run = (...[file = '', ...args]: string[]): string =>
  execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });

const mounted = new Map<string, string>();

function mountPoint(): { above: string; mount: string } {
  const above = mkdtempSync('/var/tmp/start-jupyter-disk-');
  const mount = join(above, 'disk');
  mkdirSync(mount);
  mounted.set(above, mount);
  // The store's folder is the service user's own, and so may be what is above it to look at, not to change.
  run('chmod', '755', above, mount);
  return { above, mount };
}

function unmount(mount: string): void {
  for (let left = 5; left > 0; left--) {
    try {
      run('umount', mount);
      return;
    } catch (error) {
      if (String(error).includes('not mounted')) return;
      if (left === 1) throw error;
      run('sleep', '0.2');
    }
  }
}

/** The folder on a file system that belongs to this user alone, as a store's must. */
function ownFolder(mount: string, { uid, gid }: User): string {
  const folder = join(mount, 'store');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, uid, gid);
  return folder;
}

export interface FullDisk {
  folder: string;
  /** Leaves no byte free. */
  fill(): void;
  /** Frees what {@link fill} took. */
  free(): void;
  remove(): void;
}

/** In memory, of so many MB. */
export function diskToFill(owner: User, megabytes: number): FullDisk {
  const { above, mount } = mountPoint();
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', mount);
  const filler = join(mount, 'filler');
  const page = Buffer.alloc(4096);
  return {
    folder: ownFolder(mount, owner),
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (;;) writeSync(file, page);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => remove(above, mount),
  };
}

export interface FailingDisk {
  folder: string;
  /** What Linux does with a file system that it has found broken: from now on it is read-only, open files too. */
  fail(): void;
  /** fsck, and mounted anew. Nobody may have a file open. */
  repair(): void;
  remove(): void;
}

/** Whether this machine can have one: some containers have no loop devices. */
export function canFail(): boolean {
  try {
    return statSync('/dev/loop-control').isCharacterDevice() && run('losetup', '-f') !== '';
  } catch {
    return false;
  }
}

/** ext4 in a file. */
export function diskToFail(owner: User): FailingDisk {
  const { above, mount } = mountPoint();
  let image = join(above, 'image');
  closeSync(openSync(image, 'w'));
  truncateSync(image, 32 * 2 ** 20);
  run('mkfs.ext4', '-q', '-F', image);
  run('mount', '-o', 'loop', image, mount);
  return {
    folder: ownFolder(mount, owner),
    fail: () => void run('mount', '-o', 'remount,abort', mount),
    repair() {
      unmount(mount);
      // A copy: somebody's namespace may still hold the broken file system, and would be mounted again.
      run('cp', image, `${image}-repaired`);
      image = `${image}-repaired`;
      try {
        run('fsck.ext4', '-y', image);
      } catch (error) {
        // 1: there was something to mend, and it is.
        if ((error as { status?: number }).status !== 1) throw error;
      }
      run('mount', '-o', 'loop', image, mount);
    },
    remove: () => remove(above, mount),
  };
}

function remove(above: string, mount: string): void {
  unmount(mount);
  rmSync(above, { recursive: true, force: true });
  mounted.delete(above);
}

// What a test that failed left mounted. The proxy of that test is gone by then (processes.ts).
afterAll(() => {
  for (const [above, mount] of mounted) {
    run('umount', '--lazy', mount);
    rmSync(above, { recursive: true, force: true });
  }
});
