/** `start-jupyter help [topic]` */
import type { Command } from 'commander';
import { nearest } from '../../site/nearest.js';
import { noHelp, TOPICS, type HelpPart } from '../../words/help.js';
import { helpRows, helpWidth } from '../help-lines.js';
import { helpTopic } from '../help-topics.js';
import type { Host } from '../host.js';
import { meantCommand } from '../mistyped.js';
import { wrapped } from '../wrapped.js';

/** `named`: a topic, or the words that lead to a command. */
export function helpCommand(named: readonly string[], program: Command, host: Host): void {
  const topic = TOPICS.find((one) => one === named.join('-'));
  if (topic !== undefined) {
    const width = helpWidth(host.stdout);
    const parts = helpTopic(topic, program, host).map((part) => partLines(part, width).join('\n'));
    host.stdout.write(`${parts.join('\n\n')}\n`);
    return;
  }
  commandNamed(named, program).outputHelp();
}

function partLines({ title, text, rows }: HelpPart, width: number): string[] {
  return [title, ...(text === undefined ? [] : wrapped(text, width)), ...helpRows(rows, width)];
}

function commandNamed(named: readonly string[], program: Command): Command {
  return named.reduce((above, word) => {
    const command = above.commands.find((one) => one.name() === word);
    if (command !== undefined) return command;
    throw noHelp(named.join(' '), nearest(named.join('-'), TOPICS) ?? meantCommand(word, above));
  }, program);
}
