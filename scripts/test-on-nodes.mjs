/**
 * Runs the adversaries' tests on other versions of Node: what a resumed connection says of its name has changed before.
 *
 *   node scripts/test-on-nodes.mjs [--e2e] [VERSION...]     (default: 20.18 22 24 26; --e2e: in Chromium as well)
 *
 * The versions are installed by npm into a cache folder outside of the checkout. Ends with 1 when a test has failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = '/var/tmp/start-jupyter-nodes';
const UNIT = ['test/unit/proxy/adversaries', 'test/unit/proxy/data'];
const E2E = ['test/e2e/adversaries.test.ts'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const given = args.filter((arg) => !arg.startsWith('--'));
const versions = given.length > 0 ? given : ['20.18', '22', '24', '26'];

/** The path of that version's node. */
function provide(version) {
  const folder = join(CACHE, `node-${version}`);
  const node = join(folder, 'node_modules/node/bin/node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    // The package node puts its program in place by a script of its own.
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', `node@${version}`]);
  }
  return node;
}

function run(command, commandArgs) {
  const { status } = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit', timeout: 900_000 });
  return status === 0;
}

const failed = versions.filter((version) => {
  const node = provide(version);
  const vitest = (project, tests) =>
    run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, ...tests]);
  console.log(`\nNode ${version}`);
  return ![vitest('unit', UNIT), !args.includes('--e2e') || vitest('e2e', E2E)].every(Boolean);
});
console.log(
  failed.length === 0 ? `\nPassed on Node ${versions.join(', ')}` : `\nFailed on Node ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
