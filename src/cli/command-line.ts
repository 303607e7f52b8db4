/** A command as one line that a shell reads back, for people and for a comment in a script. */

/** Words that need quotes get them; a control character in one is written `\xHH`, so that it stays one line. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  if (/^[A-Za-z0-9_.,:=+@%/-]+$/.test(word)) return word;
  if (!/\p{Cc}/u.test(word)) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${shownControls(word.replace(/[\\']/g, String.raw`\$&`))}'`;
}

/** A text in one line, each control character as `\xHH` or `\uHHHH`: a path may hold anything. */
export function shownControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0).toString(16);
    return control > '\x7f' ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/**
 * A text that somebody else may have said (a proxy, a scheduler, a job's log) as the terminal may have it: its lines and
 * tabs stay, any other control character is shown and does nothing.
 */
export function shownLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/[^\n\t]+/g, shownControls);
}
