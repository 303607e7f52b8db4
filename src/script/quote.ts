/**
 * Quoting for bash (3.2 and later): what a person typed becomes one word again, exactly, and never code.
 */

/**
 * Quotes any text as one bash word. Everything stands between single quotes, where bash reads nothing as code. A single
 * quote leaves them for a moment, and so does a carriage return: sbatch refuses a script with CRLF anywhere in it.
 * @throws RangeError for a NUL character, which no bash variable can hold.
 */
export function shellQuote(text: string): string {
  if (text.includes('\0')) {
    throw new RangeError('A text with a NUL character cannot be handed to a shell');
  }
  // A function, because in a replacement text `$'` would mean something of its own.
  return `'${text.replace(/['\r]/g, (character) => (character === "'" ? "'\\''" : "'$'\\r''"))}'`;
}

/**
 * One assignment a line, `name='value'`, each with its newline; an empty text for no values.
 * @throws RangeError for a name that is no bash variable's, and for a NUL character in a value.
 */
export function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${checkName(name)}=${shellQuote(value)}\n`)
    .join('');
}

function checkName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new RangeError(`Not a name for a shell variable: ${JSON.stringify(name)}`);
  }
  return name;
}
