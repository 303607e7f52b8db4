/** start-jupyter-proxy: answers --version itself, everything else is loaded when it is needed. */
import { VERSION } from '../version.js';

if (['--version', '-V'].includes(process.argv[2] ?? '')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runProgram } = await import('./program.js');
  const { lineWriter } = await import('./operation/line-writer.js');
  // Whoever read the log is gone: no reason to end everybody's sessions.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.exitCode = await runProgram(process.argv.slice(2), {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    openLog: () => lineWriter(process.stdout.fd),
    onHangup: (listener) => void process.on('SIGHUP', listener),
    folder: process.cwd(),
    env: process.env,
    now: () => new Date(),
    stopped: () =>
      new Promise((resolve) => {
        const signals = ['SIGINT', 'SIGTERM'] as const;
        const asked = (signal: string) => {
          // Nobody listens to a second one, of either kind: it ends the process at once.
          for (const each of signals) process.off(each, asked);
          resolve(signal);
        };
        for (const each of signals) process.on(each, asked);
      }),
  });
}
