// (a) What `start-jupyter --version` costs over `node -e 0`: time, and files opened.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { over, summary } from './statistics.mjs';

/** Times in milliseconds; every round takes each command once, so that all meet the same load. */
export function measureStartUp(packageFolder, node, rounds) {
  const program = [node, join(packageFolder, 'bin/start-jupyter.js')];
  const commands = {
    bare: [node, '-e', '0'],
    version: [...program, '--version'],
    help: [...program, '--help'],
    dryRun: [...program, '--dry-run', '--no-check', '--system', 'expanse', '-A', 'abc123'],
  };
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  // The first round fills the page cache and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      const took = timeOf(command);
      if (round > 0) times[name].push(took);
    }
  }
  const row = (name) => ({
    over: over(times[name], times.bare),
    ratio: summary(times[name]).median / summary(times.bare).median,
    files: filesOpened(commands[name]) - bareFiles,
  });
  const bareFiles = filesOpened(commands.bare);
  return {
    bare: { ...summary(times.bare), files: bareFiles },
    ...Object.fromEntries(['version', 'help', 'dryRun'].map((name) => [name, row(name)])),
  };
}

/** Nothing of the caller's: NODE_EXTRA_CA_CERTS alone makes every start of Node 35 ms longer (seen). */
const ENVIRONMENT = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' };

function timeOf([file, ...args]) {
  const start = performance.now();
  const { status, stderr } = spawnSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env: ENVIRONMENT });
  const took = performance.now() - start;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return took;
}

/** How many times a regular file is opened, by strace; NaN where there is none. */
function filesOpened(command) {
  if (!existsSync('/usr/bin/strace')) return NaN;
  const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-bench-'));
  const trace = join(folder, 'trace');
  // -y writes the path behind a descriptor: `openat(...) = 17</lib/x.so>`.
  const strace = ['-f', '--seccomp-bpf', '-y', '-e', 'trace=open,openat,openat2', '-o', trace, '--'];
  try {
    execFileSync('/usr/bin/strace', [...strace, ...command], { stdio: 'ignore', env: ENVIRONMENT });
    const opened = [...readFileSync(trace, 'utf8').matchAll(/ = \d+<([^<>]+)>$/gm)].map(([, path]) => path);
    return opened.filter((path) => !/^\/(proc|sys)\//.test(path) && statSync(path).isFile()).length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
