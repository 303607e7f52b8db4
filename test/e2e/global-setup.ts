/**
 * Before the end-to-end tests: the test bed (scripts/testbed) and the package as a user gets it. Where there can be
 * none the suites are skipped and the reason is printed; with START_JUPYTER_TEST_STRICT=1 that is an error.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { Bed } from './bed/bed.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const testbed = join(root, 'scripts/testbed');

type BedOnly = Omit<Bed, 'package' | 'tarball'>;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = whyNoBed();
  if (missing !== undefined) {
    if (process.env.START_JUPYTER_TEST_STRICT === '1') {
      throw new Error(`START_JUPYTER_TEST_STRICT=1 and there is no test bed: ${missing}`);
    }
    console.log(`The end-to-end suites are skipped: ${missing}.`);
    project.provide('bed', null);
    return () => Promise.resolve();
  }
  const bed = startBed();
  const hold = holdBed(bed.inUse);
  // Again: another run may have stopped it before this one held it.
  startBed();
  const folder = mkdtempSync('/var/tmp/start-jupyter-package-');
  await chmod(folder, 0o755);
  project.provide('bed', { ...bed, ...packInto(folder) });
  return async () => {
    rmSync(folder, { recursive: true, force: true });
    await release(hold);
    execFileSync(join(testbed, 'stop.sh'), ['--if-unused'], { stdio: 'inherit', timeout: 150_000 });
  };
}

function whyNoBed(): string | undefined {
  if (process.platform !== 'linux')
    return `they need Linux with a real Slurm, and this is ${process.platform}`;
  if (!existsSync('/etc/debian_version'))
    return 'the set-up of Slurm, Jupyter and Chromium is for Debian only';
  if (process.getuid?.() !== 0) return 'root is needed to install and start Slurm, Jupyter and Chromium';
  return undefined;
}

function startBed(): BedOnly {
  const printed = execFileSync(join(testbed, 'up.sh'), ['--node', process.execPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: 1_800_000,
  });
  return JSON.parse(printed) as BedOnly;
}

/** A shared lock, held by a child that ends with us however we end: its standard input closes then. */
function holdBed(lockFile: string): ChildProcess {
  return spawn('flock', ['--shared', lockFile, 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
}

async function release(hold: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => hold.once('close', resolve));
  hold.stdin?.end();
  if (hold.exitCode === null) await closed;
}

/** `npm pack` (which builds), unpacked outside of the repository: root's, for everybody to read, for nobody to write. */
function packInto(folder: string): Pick<Bed, 'package' | 'tarball'> {
  // One at a time: packing builds dist/ anew, and another run must not read it half done.
  const pack = ['npm', 'pack', '--silent', '--pack-destination', folder];
  execFileSync('flock', [join(root, 'node_modules', '.pack-lock'), ...pack], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'no tarball');
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--no-same-owner'], { timeout: 60_000 });
  const unpacked = join(folder, 'package');
  execFileSync('chmod', ['-R', 'a-w,a+rX', unpacked]);
  execFileSync('chmod', ['a+r', tarball]);
  return { package: unpacked, tarball };
}
