// The completion for bash: the engine is completion.bash, what it knows of the programs are the arms of two `case`s.

export function bashCompletion(programs, engine) {
  const commands = programs.flatMap(allCommands);
  return engine
    .replace('@COMMANDS@\n', () => commands.map(commandArm).join(''))
    .replace('@VALUES@\n', () => commands.map(valueArms).join(''))
    .replace('@PROGRAMS@', programs.map(({ name }) => name).join(' '));
}

/** Of a program and all of its commands, each with the words by which it is called. */
function allCommands(program) {
  const collect = (command) => [command, ...command.commands.flatMap(collect)];
  return collect(program).map((command) => ({
    ...command,
    called: [program.name, ...command.path].join(' '),
  }));
}

const names = ({ short, long }) => [short, long].filter(Boolean);
const words = (list) => list.join(' ');

function commandArm({ called, taken, commands }) {
  const all = words(taken.map(({ short, long }) => long ?? short));
  const below = words(commands.map(({ name }) => name));
  return `    '${called}') options='${all}' commands='${below}' ;;\n`;
}

/** What each option's value and each argument completes to; `none` for a value that nothing is known of. */
function valueArms({ called, taken, arguments: parameters }) {
  const valued = taken
    .filter(({ takesValue }) => takesValue)
    .map((option) =>
      arm(
        names(option).map((name) => `'${called} ${name}'`),
        option.completes,
      ),
    );
  const positional = parameters.map(({ completes }, at) => arm([`'${called} #${at + 1}'`], completes));
  return [...valued, ...positional].join('');
}

function arm(patterns, { kind, words: fixed }) {
  return `    ${patterns.join(' | ')}) kind=${kind} words='${words(fixed)}' ;;\n`;
}
