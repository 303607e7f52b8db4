// What is measured and where: the package as a user has it, and the end-to-end tests' bed with its real Slurm.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const testbed = join(root, 'scripts/testbed');

/** `npm pack` (which builds), unpacked read-only, without node_modules. `remove` deletes it. */
export function packedPackage() {
  // Not a name that the bed takes for a leftover: it is not held yet.
  const above = mkdtempSync('/var/tmp/start-jupyter-bench.');
  chmodSync(above, 0o755);
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 };
  execFileSync('npm', ['pack', '--silent', '--pack-destination', above], options);
  const tarball = readdirSync(above).find((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', join(above, tarball), '-C', above, '--no-same-owner']);
  const folder = join(above, 'package');
  execFileSync('chmod', ['-R', 'a-w,a+rX', folder]);
  return { folder, remove: () => rmSync(above, { recursive: true, force: true }) };
}

/** Why the measurements with Slurm cannot be taken here; undefined: they can. */
export function whyNoBed() {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version') || process.getuid() !== 0) {
    return 'the test bed (a real Slurm) needs root on Debian';
  }
  return undefined;
}

/** Sets the bed up and holds it; `release` lets it go and stops it when nobody else uses it. */
export async function holdBed() {
  const up = () =>
    execFileSync(join(testbed, 'up.sh'), ['--node', process.execPath], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      timeout: 1_800_000,
    });
  const bed = JSON.parse(up());
  // A shared lock, held by a child that ends with us however we end: its standard input closes then.
  const hold = spawn('flock', ['--shared', bed.inUse, 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  // Again: another run may have stopped it before this one held it.
  up();
  const release = async () => {
    const closed = new Promise((resolve) => hold.once('close', resolve));
    hold.stdin.end();
    await closed;
    execFileSync(join(testbed, 'stop.sh'), ['--if-unused'], { stdio: 'inherit', timeout: 150_000 });
  };
  return { ...bed, release };
}

/** A user of this machine, by /etc/passwd, with what a fresh login has in its environment. */
export function user(name) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid, , home] = line.split(':');
  const path = '/usr/local/bin:/usr/bin:/bin';
  const env = { HOME: home, USER: name, LOGNAME: name, SHELL: '/bin/bash', PATH: path, LANG: 'C.UTF-8' };
  return { name, uid: Number(uid), gid: Number(gid), home, env };
}

/** Runs a command as a user to its end, without a program in between; throws with what it wrote when it fails. */
export function runAs(who, command, { env = {}, limitMs = 120_000, onStart, onExit } = {}) {
  const options = { cwd: who.home, env: { ...who.env, ...env }, uid: who.uid, gid: who.gid };
  return new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
    onStart?.(child.pid);
    child.on('exit', () => onExit?.());
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ stdout, stderr });
      else reject(new Error(`${command.join(' ')}\nended with ${code ?? signal}:\n${stdout}${stderr}`));
    });
  });
}
