/** The entry of `start-jupyter`: answers --version itself and loads everything else when it is needed. */
import { VERSION } from '../version.js';

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runProgram } = await import('./program.js');
  // A terminal that was closed, a reader that went away: no reason to stop in the middle of giving back.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.exitCode = await runProgram(args, {
    env: process.env,
    cwd: process.cwd(),
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    held: { warnings: [], info: {} },
    platform: process.platform,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its race needs a second thread, and there is none
    umask: process.umask(),
    // Both programs lie in dist/, one folder below the package's own.
    packageRoot: new URL('..', import.meta.url),
    onSignal: (listener) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => listener(name));
    },
  });
}
