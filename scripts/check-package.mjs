// Checks what `npm pack` makes: what must be in it, what must not, and that it runs unpacked without node_modules.
// The last line is `N passed, N failed`.
import './node-version.mjs';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runNpm } from './dependencies.mjs';

const REQUIRED = [
  'package.json',
  'README.md',
  'LICENSE',
  'SECURITY.md',
  'THIRD-PARTY-NOTICES.txt',
  'systems.yaml',
  'bin/start-jupyter.js',
  'bin/start-jupyter-proxy.js',
  'dist/start-jupyter.js',
  'dist/start-jupyter-proxy.js',
  'dist/proxy.js',
  'dist/types/proxy/module.d.ts',
  'dist/chunks/store-worker.cjs',
  'dist/chunks/node-sqlite3-wasm.wasm',
  'batch-templates/lib/run.sh',
  'batch-templates/login/environment.sh',
  'batch-templates/login/image.sh',
  'batch-templates/local/supervise.sh',
  'batch-templates/slurm/notebook.sh',
  'batch-templates/slurm/jupyterlab.sh',
  'batch-templates/torque/notebook.sh',
  'batch-templates/torque/jupyterlab.sh',
  'batch-templates/pbs/notebook.sh',
  'batch-templates/pbs/jupyterlab.sh',
  'share/Containerfile',
  'share/start-jupyter.def',
  'share/systems.example.yaml',
  'share/bin/start-jupyter',
  'share/bin/start-jupyter-proxy',
  'share/completions/start-jupyter.bash',
  'share/completions/_start-jupyter',
  'share/completions/start-jupyter.fish',
  'share/man/man1/start-jupyter.1',
  'share/man/man1/start-jupyter-proxy.1',
];
/** Folders and files at the top level; whatever else is there was published by mistake. */
const ALLOWED =
  /^(bin|dist|batch-templates|share|docs)\/|^[^/.][^/]*\.(md|yaml|txt)$|^(package\.json|LICENSE)$/;

/** How another program uses the proxy; every option that must be there, and nothing that is not typed. */
const CONSUMER = `
import { startProxy, type ProxyOptions, type RunningProxy } from 'start-jupyter/proxy';
export const options: ProxyOptions = {
  domain: 'jupyter.example',
  listen: { host: '127.0.0.1', port: 0 },
  certificates: [{ certificatePem: '', keyPem: '' }],
  trustedNetworks: ['127.0.0.0/8'],
};
export const running: Promise<RunningProxy> = startProxy(options);
// @ts-expect-error A domain is text: this fails where the options have no types.
export const wrong: ProxyOptions = { ...options, domain: 1 };
`;

const { version, name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-package-'));
const counts = { passed: 0, failed: 0 };
try {
  const unpacked = packInto(folder);
  checkPackage(unpacked);
  checkModule(unpacked);
  checkLockFile();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function packInto(target) {
  runNpm(['pack', '--silent', '--pack-destination', target], { stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = readdirSync(target).find((file) => file.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', tarball], { cwd: target });
  return join(target, 'package');
}

function checkPackage(unpacked) {
  const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(unpacked.length + 1)
        .replaceAll('\\', '/'),
    );
  const moduleFiles = ['lmod', 'tcl'].map(
    (kind) => `share/modulefiles/${kind}/start-jupyter/${version}${kind === 'lmod' ? '.lua' : ''}`,
  );
  const absent = [...REQUIRED, ...moduleFiles].filter((file) => !files.includes(file));
  check('everything that is needed is in the package', absent.length === 0, absent.join(', '));
  const stray = files.filter((file) => !ALLOWED.test(file));
  check('nothing else is in the package', stray.length === 0, stray.join(', '));

  for (const program of ['start-jupyter', 'start-jupyter-proxy']) {
    const printed = said([join(unpacked, 'bin', `${program}.js`), '--version'], unpacked);
    check(`${program} runs without node_modules`, printed === version, `--version says ${printed}`);
  }
  const wrappers = files.filter((file) => file.startsWith('share/bin/'));
  const closed = wrappers.filter((file) => (statSync(join(unpacked, file)).mode & 0o555) !== 0o555);
  check('the wrappers may be run', process.platform === 'win32' || closed.length === 0, closed.join(', '));

  const built = files.filter((file) => file.startsWith('dist/'));
  const withPaths = built.filter((file) => readFileSync(join(unpacked, file), 'utf8').includes(root));
  check('no path of this machine is in the build', withPaths.length === 0, withPaths.join(', '));

  const notices = existsSync(join(unpacked, 'THIRD-PARTY-NOTICES.txt'))
    ? readFileSync(join(unpacked, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
    : '';
  const unnamed = ['commander', 'execa', 'undici', 'yaml', 'chalk', 'ora', 'tmp', 'node-sqlite3-wasm'].filter(
    (library) => !new RegExp(`^${library} \\d`, 'm').test(notices),
  );
  check('every bundled library has its licence notice', unnamed.length === 0, unnamed.join(', '));
}

/** `start-jupyter/proxy` in a program that has the package in its node_modules, and nothing else of ours. */
function checkModule(unpacked) {
  const consumer = join(folder, 'consumer');
  const write = (file, text) => writeFileSync(join(consumer, file), text);
  mkdirSync(join(consumer, 'node_modules'), { recursive: true });
  cpSync(unpacked, join(consumer, 'node_modules', name), { recursive: true });
  write('package.json', '{ "type": "module" }');
  write('consumer.ts', CONSUMER);
  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const complaints = said([tsc, ...strict, 'consumer.ts'], consumer);
  check('start-jupyter/proxy has types that a strict program takes', complaints === '', complaints);

  write('import.js', "console.log(typeof (await import('start-jupyter/proxy')).startProxy);");
  const kind = said(['import.js'], consumer);
  check('start-jupyter/proxy can be imported', kind === 'function', `startProxy: ${kind}`);
}

function checkLockFile() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  check('the lock file names no download addresses', !lock.includes('"resolved"'), '"resolved" is in it');
  const locked = JSON.parse(lock);
  check(
    'the lock file is of this package and version',
    locked.name === name && locked.version === version,
    `${locked.name} ${locked.version}`,
  );
}

/** What Node prints when it runs this; of a failure the first lines. */
function said(args, cwd) {
  try {
    return execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    return `${error.message}\n${error.stdout}`.split('\n').slice(0, 6).join(' ');
  }
}

function check(what, holds, why) {
  counts[holds ? 'passed' : 'failed'] += 1;
  console.log(holds ? `ok      ${what}` : `FAILED  ${what}: ${why}`);
}
