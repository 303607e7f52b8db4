// The completion for fish: a line for each option and command, under the condition that tells where on the line it fits.

export function fishCompletion(programs) {
  return [
    '# start-jupyter and start-jupyter-proxy for fish: put it into ~/.config/fish/completions, or source it.',
    ...programs.flatMap((program) => [
      '',
      `complete -c ${program.name} -e`,
      `complete -c ${program.name} -f`,
      ...linesOf(program, program.name),
    ]),
    '',
  ].join('\n');
}

function linesOf(command, program) {
  const here = conditionOf(command);
  const begin = `complete -c ${program} -n ${quoted(here)}`;
  const options = command.taken.map((option) => `${begin} ${optionPart(option)}`);
  const below = command.commands.map(({ name, summary }) => `${begin} -x -a ${name} -d ${quoted(summary)}`);
  const parameters = command.arguments.map(({ completes }) => valuePart(completes)).filter(Boolean);
  const [first] = parameters;
  return [
    ...options,
    ...below,
    ...(first === undefined ? [] : [`${begin} ${first}`]),
    ...command.commands.flatMap((each) => linesOf(each, program)),
  ];
}

/** True where this command was typed, and none of those below it. */
function conditionOf({ path, commands }) {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.map(({ name }) => name);
  const open = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`];
  return [...seen, ...open].join('; and ') || 'true';
}

function optionPart({ short, long, description, takesValue, completes }) {
  return [
    ...(short ? [`-s ${short.slice(1)}`] : []),
    ...(long ? [`-l ${long.slice(2)}`] : []),
    ...(takesValue ? ['-r', valuePart(completes)].filter(Boolean) : []),
    `-d ${quoted(description)}`,
  ].join(' ');
}

function valuePart({ kind, words }) {
  const fixed = words.join(' ');
  if (kind === 'files') return `-F${fixed === '' ? '' : ` -a ${quoted(fixed)}`}`;
  if (kind === 'folders') return `-f -a '(__fish_complete_directories)'`;
  return fixed === '' ? '-f' : `-f -a ${quoted(fixed)}`;
}

function quoted(text) {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
