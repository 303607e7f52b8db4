// Finds a Jupyter for `npm start`, or provides one: on PATH, else a virtual environment inside the clone, else, as
// root on Debian, Debian's own.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './dependencies.mjs';

const QUARTER_HOUR_MS = 15 * 60_000;

/** The folder with a `jupyter` that can serve notebooks; throws an Error that says what to do. */
export function provideJupyter() {
  const onPath = programsOnPath('jupyter').find(servesNotebooks);
  if (onPath) return { program: onPath, how: 'on your PATH' };

  const failures = [];
  const folder = join(root, '.jupyter-venv');
  const inClone = { program: join(folder, 'bin/jupyter'), how: 'in .jupyter-venv, inside this clone' };
  if (existsSync(join(folder, 'complete')) && servesNotebooks(inClone.program)) return inClone;
  if (createEnvironment(folder, failures)) return inClone;
  if (installFromDebian(failures)) return { program: '/usr/bin/jupyter', how: 'from Debian' };

  throw new Error(
    `There is no Jupyter here, and it could not be installed:\n${failures.map((line) => `  ${line}\n`).join('')}` +
      'Install one and put it on your PATH, for example with: python3 -m pip install --user jupyterlab notebook',
  );
}

/** It exists, runs (a shim of pyenv may not), and has a server: `jupyter --version` lists what is installed. */
function servesNotebooks(program) {
  const asked = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 60_000, stdio: 'pipe' });
  return asked.status === 0 && /^(jupyterlab|notebook) *: *\d/m.test(asked.stdout);
}

function createEnvironment(folder, failures) {
  if (process.platform === 'win32') {
    failures.push('on Windows it is not tried: Jupyter is started by a bash script');
    return false;
  }
  const python = programsOnPath('python3')[0];
  if (!python) {
    failures.push('there is no python3 on your PATH for a virtual environment');
    return false;
  }
  console.error('Installing JupyterLab and Notebook into .jupyter-venv, inside this clone …');
  rmSync(folder, { recursive: true, force: true });
  const requirements = ['-r', join(root, 'scripts/testbed/requirements-jupyter.txt')];
  const pip = [join(folder, 'bin/pip'), 'install', '--quiet', ...requirements];
  const done =
    attempt([python, '-m', 'venv', folder], failures) &&
    // Where the default index cannot be reached, retries cost minutes a package: the quick way first.
    (attempt([...pip, '--retries', '0'], []) || attempt(pip, failures));
  if (done) writeFileSync(join(folder, 'complete'), '');
  return done;
}

function installFromDebian(failures) {
  if (!existsSync('/etc/debian_version')) return false;
  if (process.getuid() !== 0) {
    failures.push('apt-get install jupyter-notebook needs root');
    return false;
  }
  console.error('Installing Debian’s jupyter-notebook (apt-get) …');
  const install = ['apt-get', '-q', 'install', '-y', '--no-install-recommends', 'jupyter-notebook'];
  return (
    attempt(install, []) || (attempt(['apt-get', '-q', 'update'], failures) && attempt(install, failures))
  );
}

/** Runs a command; a failure is noted with its last line. */
function attempt([file, ...args], failures) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: QUARTER_HOUR_MS });
    return true;
  } catch (error) {
    const said = `${error.stderr ?? ''}`.trim() || `${error.stdout ?? ''}`.trim() || error.message;
    failures.push(`${[file, ...args].join(' ')}: ${said.split('\n').at(-1)}`);
    return false;
  }
}

function programsOnPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).filter(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
