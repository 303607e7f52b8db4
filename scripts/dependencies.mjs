// What a fresh clone lacks: packages and a build. Uses nothing but Node itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs `npm ci` when a package is missing or is not of the version in the lock file. */
export function installDependencies() {
  if (dependenciesAreThere()) return;
  console.error('Installing the packages that the build and the tests need (npm ci) …');
  runNpm(['ci', '--loglevel=error'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Bundles src/ into dist/ when that has not happened since src/ was changed. */
export function buildIfNeeded() {
  const inputs = ['src', 'package.json', 'scripts/build.mjs'].map((name) => newest(join(root, name)));
  const built = join(root, 'dist/start-jupyter.js');
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...inputs)) return;
  console.error('Building dist/ …');
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Runs npm, the one that runs us if there is one; on Windows `npm` itself is a script that needs a shell. */
export function runNpm(args, options = {}) {
  const npm = process.env.npm_execpath;
  const [file, first, shell] = npm
    ? [process.execPath, [npm], false]
    : ['npm', [], process.platform === 'win32'];
  return execFileSync(file, [...first, ...args], { cwd: root, encoding: 'utf8', shell, ...options });
}

/** npm notes in a lock file of its own what it put into node_modules. */
function dependenciesAreThere() {
  const noted = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(noted)) return false;
  const installed = packagesOf(noted);
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, wanted]) => path === '' || wanted.optional || installed[path]?.version === wanted.version,
  );
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
