// A man page: the text is start-jupyter.1 or start-jupyter-proxy.1, the lists in it come from the program.

export function manPage(program, { page, version, exitCodes }) {
  const lists = {
    OPTIONS: optionList(program.options),
    COMMANDS: program.commands.map(commandPart).join(''),
    EXIT: exitCodes.map(({ code, meaning }) => `.TP\n.B ${code}\n${roff(meaning)}\n`).join(''),
  };
  return page.replaceAll('@VERSION@', roff(version)).replace(/^@([A-Z]+)@\n/gm, (_line, name) => lists[name]);
}

function commandPart(command) {
  const shown = [...command.path, ...command.arguments.map(({ shown: argument }) => argument)].join(' ');
  const head = `.SS ${roff(shown)}\n${roff(sentence(command.description))}\n`;
  const own = command.options.filter(({ long }) => long !== '--help');
  return head + optionList(own) + command.commands.map(commandPart).join('');
}

function optionList(options) {
  return options.map(({ flags, description }) => `.TP\n${flagLine(flags)}\n${roff(description)}\n`).join('');
}

/** Names in bold, the value in italics. */
function flagLine(flags) {
  const [, names, value] = /^(.*?)(?: ([<[].*[>\]]))?$/.exec(flags);
  const bold = names.split(', ').map((name) => `\\fB${roff(name)}\\fR`);
  return `${bold.join(', ')}${value === undefined ? '' : ` \\fI${roff(value.slice(1, -1))}\\fR`}`;
}

function sentence(text) {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** As it is, whatever it begins with; hyphens are those that one can copy. */
function roff(text) {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq');
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped;
}
