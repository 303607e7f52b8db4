// A man page: the text is start-jupyter.1 or start-jupyter-proxy.1, the lists in it come from the program.

export function manPage(program, { page, version, exitCodes, topics }) {
  const lists = {
    OPTIONS: optionList(program.options),
    COMMANDS: program.commands.map(commandPart).join(''),
    EXIT: exitCodes.map(({ code, meaning }) => `.TP\n.B ${code}\n${roff(meaning)}\n`).join(''),
    ENVIRONMENT: topics.environment.map(topicPart).join(''),
    FILES: topics.files.map(topicPart).join(''),
    EXAMPLES: exampleList(program.examples),
  };
  return page.replaceAll('@VERSION@', roff(version)).replace(/^@([A-Z]+)@\n/gm, (_line, name) => lists[name]);
}

function commandPart(command) {
  const shown = [...command.path, ...command.arguments.map(({ shown: argument }) => argument)].join(' ');
  const head = `.SS ${roff(shown)}\n${roff(sentence(command.description))}\n`;
  const own = command.options.filter(({ long }) => long !== '--help');
  const more = command.more === undefined ? '' : `.PP\n${roff(command.more)}\n`;
  const examples = command.examples.length === 0 ? '' : `.PP\nExamples:\n${exampleList(command.examples)}`;
  return head + more + optionList(own) + examples + command.commands.map(commandPart).join('');
}

function exampleList(examples) {
  return examples.map(([line, does]) => `.TP\n.B start\\-jupyter ${roff(line)}\n${roff(does)}\n`).join('');
}

/** A part of a topic of the launcher's help. */
function topicPart({ title, text, rows }) {
  const terms = rows.map(
    ([term, meaning]) => `.TP\n.B ${roff(term.replace('/PACKAGE/', 'PACKAGE/'))}\n${roff(meaning)}\n`,
  );
  return `.SS ${roff(title.replace(/:$/, ''))}\n${text === undefined ? '' : `${roff(text)}\n`}${terms.join('')}`;
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
