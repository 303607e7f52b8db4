/** `start-jupyter help [topic]` */
import type { Command } from 'commander';
import { StartJupyterError } from '../../errors.js';
import { EXIT_CODES } from '../../words/exit-codes.js';
import type { Host } from '../host.js';

export function helpCommand(topic: string | undefined, program: Command, host: Host): void {
  if (topic === undefined) {
    program.outputHelp();
    return;
  }
  if (topic !== 'exit-codes') {
    throw new StartJupyterError('bad-option', `There is no help on "${topic}".`, {
      hint: 'Topics: exit-codes.',
    });
  }
  const rows = Object.values(EXIT_CODES).map(
    ({ code, meaning }) => `${String(code).padStart(4)}  ${meaning}`,
  );
  host.stdout.write(`Exit status of start-jupyter:\n\n${rows.join('\n')}\n`);
}
