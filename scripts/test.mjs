// `npm test`: everything, on a fresh clone too. Arguments go to vitest: `npm test -- test/e2e/bed.test.ts`.
// The last line is `N passed, N failed` over all suites; `, N skipped` is added when something was skipped.
import './node-version.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { installDependencies, root } from './dependencies.mjs';

const LIMIT_MS = 20 * 60_000;
/** Of each failure, at the end. */
const FAILURE_LINES = 30;
const strict = process.env.START_JUPYTER_TEST_STRICT === '1';

installDependencies();
setUpBed();
const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-test-'));
const suites = [];
try {
  const args = process.argv.slice(2);
  suites.push(await runSuite('unit', args));
  // Sessions that somebody follows mostly wait: they do so beside the others.
  suites.push(...(await Promise.all(['e2e', 'beside'].map((project) => runSuite(project, args)))));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
summarize(suites);

/**
 * Unit tests too use the real Jupyter, curl and others that the bed installs. What cannot be set up here is said by the
 * end-to-end suites, which need all of it.
 */
function setUpBed() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const up = spawnSync(join(root, 'scripts/testbed/up.sh'), ['--node', process.execPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (up.status !== 0) return;
  const { jupyter3, jupyter4 } = JSON.parse(up.stdout);
  process.env.START_JUPYTER_TEST_NOTEBOOK6 ??= jupyter3;
  process.env.START_JUPYTER_TEST_JUPYTER4 ??= join(jupyter4, 'bin/jupyter');
}

/** Runs one of vitest's projects and counts. */
async function runSuite(project, args) {
  const report = join(folder, `${project}.json`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--project', project, '--passWithNoTests', ...reporters, ...args],
    { cwd: root, stdio: ['ignore', project === 'beside' ? 'pipe' : 'inherit', 'inherit'] },
  );
  // What runs beside another suite is shown when it has ended: mixed they could not be read.
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (said += text));
  const startedAt = performance.now();
  const limit = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(limit);
  process.stdout.write(said);
  return { project, seconds: (performance.now() - startedAt) / 1000, ...count(report, status) };
}

/** A file that could not be loaded, and a run that failed without a failed test, count as one failure each. */
function count(reportFile, status) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return { passed: 0, failed: status === 0 ? 0 : 1, skipped: 0, failures: [] };
  }
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + unloaded.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap((file) => failuresOf(file, relative(root, file.name))),
  };
}

/** What failed in a file: its tests, or the file itself where it could not be loaded or a hook of its failed. */
function failuresOf({ status, message, assertionResults }, file) {
  const tests = assertionResults.filter((test) => test.status === 'failed');
  if (status === 'failed' && tests.length === 0) return [{ where: file, message }];
  return tests.map(({ fullName, failureMessages }) => ({
    where: `${file}: ${fullName}`,
    message: failureMessages.join('\n'),
  }));
}

function beginning(message) {
  const lines = message.split('\n');
  const shown = lines.slice(0, FAILURE_LINES);
  return [
    ...shown,
    ...(lines.length > shown.length ? [`(${lines.length - shown.length} more lines above)`] : []),
  ].join('\n');
}

function summarize(suites) {
  const sum = (what) => suites.reduce((total, suite) => total + suite[what], 0);
  let [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
  // Once more at the end, where they are found: thousands of lines lie between a failure and here.
  for (const { project, failures } of suites) {
    for (const { where, message } of failures)
      console.log(`\nfailed in ${project}: ${where}\n${beginning(message)}`);
  }
  console.log('');
  for (const { project, seconds, failures: _, ...counts } of suites) {
    console.log(`${project.padEnd(6)} ${words(counts)} in ${seconds.toFixed(0)} s`);
  }
  if (strict && skipped > 0) {
    console.log(`START_JUPYTER_TEST_STRICT=1: ${skipped} skipped count as failed`);
    [failed, skipped] = [failed + skipped, 0];
  }
  if (passed + failed + skipped === 0) {
    console.log('There was no test to run');
    failed = 1;
  }
  console.log(words({ passed, failed, skipped }));
  process.exitCode = failed === 0 ? 0 : 1;
}

function words({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
