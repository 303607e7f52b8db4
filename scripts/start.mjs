// `npm start`: Jupyter behind the proxy on this machine, from a fresh clone with Node and git alone.
// `npm start -- --verify` checks it through the proxy and ends. Other arguments go to start-jupyter.
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { buildIfNeeded, installDependencies, root } from './dependencies.mjs';
import { provideJupyter } from './jupyter.mjs';

const given = process.argv.slice(2);
const args = given.filter((argument) => argument !== '--verify');

try {
  process.exitCode = await start(given.length !== args.length);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function start(verifyOnly) {
  installDependencies();
  buildIfNeeded();
  const { program, how } = provideJupyter();
  console.error(`Jupyter: ${program} (${how})`);
  const command = [join(root, 'bin/start-jupyter.js'), '--system', 'local', ...args];
  const env = { ...process.env, PATH: `${dirname(program)}${delimiter}${process.env.PATH ?? ''}` };
  if (!verifyOnly) return runInForeground(command, env);
  const { verify } = await import('./verify.mjs');
  return verify([...command, '--json'], env);
}

/** Until it ends by itself or by Ctrl-C. On a terminal Ctrl-C reaches the launcher without our help. */
async function runInForeground(command, env) {
  const child = spawn(process.execPath, command, { env, stdio: 'inherit' });
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
