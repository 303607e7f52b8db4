// The completion for zsh: a function for each program and command, whose options are specs of _arguments.

export function zshCompletion(programs) {
  const names = programs.map(({ name }) => name).join(' ');
  return [
    `#compdef ${names}`,
    '# start-jupyter and start-jupyter-proxy for zsh: put it into a folder of $fpath before compinit, or source it.',
    ...programs.flatMap((program) => functionsOf(program, `_${program.name}-command`)),
    '',
    '_start-jupyter() { _$service-command "$@" }',
    '',
    'if [[ $funcstack[1] == _start-jupyter ]]; then',
    '  _start-jupyter "$@"',
    'else',
    '  # Sourced. Where compinit comes later, it finds this file by fpath.',
    '  fpath+=(${${(%):-%x}:A:h})',
    `  (( ! $\{+functions[compdef]} )) || compdef _start-jupyter ${names}`,
    'fi',
    '',
  ].join('\n');
}

function functionsOf(command, name) {
  const specs = command.taken.map(optionSpec);
  return ['', ...(command.commands.length === 0 ? leaf(command, name, specs) : branch(command, name, specs))];
}

function leaf(command, name, specs) {
  const parameters = command.arguments.map(
    ({ name: shown, completes }, at) => `'${at + 1}:${escaped(shown)}:${actionOf(completes)}'`,
  );
  return [`${name}() {`, ...call('_arguments', [...specs, ...parameters]), '}'];
}

function branch(command, name, specs) {
  const arms = command.commands.map(({ name: word }) => `        ${word}) ${name}-${word} ;;`);
  const listed = command.commands.map(({ name: word, summary }) => `    '${word}:${escaped(summary)}'`);
  return [
    `${name}() {`,
    '  local curcontext=$curcontext state line ret=1',
    '  typeset -A opt_args',
    `  local -a commands=(`,
    ...listed,
    '  )',
    ...call('_arguments -C', [...specs, "'1: :->command'", "'*:: :->rest'"]).slice(0, -1),
    `    '*:: :->rest' && ret=0`,
    '  case $state in',
    "    command) _describe -t commands 'command' commands && ret=0 ;;",
    '    rest)',
    '      case $line[1] in',
    ...arms.map((arm) => `${arm.replace(' ;;', ' && ret=0 ;;')}`),
    '      esac',
    '      ;;',
    '  esac',
    '  return ret',
    '}',
    ...command.commands.flatMap((each) => functionsOf(each, `${name}-${each.name}`)),
  ];
}

function call(program, specs) {
  return [`  ${program} \\`, ...specs.map((spec, at) => `    ${spec}${at < specs.length - 1 ? ' \\' : ''}`)];
}

/** `'(-p --partition)'{-p+,--partition=}'[partition or queue]:name:'` */
function optionSpec({ short, long, description, takesValue, repeats, value, completes }) {
  const names = [short, long].filter(Boolean);
  const forms = [
    ...(short ? [`${short}${takesValue ? '+' : ''}`] : []),
    ...(long ? [`${long}${takesValue ? '=' : ''}`] : []),
  ];
  const before = repeats ? "'*'" : names.length > 1 ? `'(${names.join(' ')})'` : '';
  const form = forms.length > 1 ? `{${forms.join(',')}}` : forms[0];
  const after = takesValue ? `:${escaped(value)}:${actionOf(completes)}` : '';
  return `${before}${form}'[${escaped(description)}]${after}'`;
}

/** Behind a blank what is run gets nothing added to its arguments. */
function actionOf({ kind, words }) {
  const fixed = words.join(' ');
  if (kind === 'folders') return '_files -/';
  if (kind === 'files')
    return fixed === '' ? '_files' : ` _alternative "words\\:word\\:(${fixed})" "files\\:file\\:_files"`;
  return fixed === '' ? '' : `(${fixed})`;
}

/** Inside of single quotes, in a spec: brackets and colons end its parts. */
function escaped(text) {
  return text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
}
