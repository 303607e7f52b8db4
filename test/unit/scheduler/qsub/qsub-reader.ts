/** What a script's directives come to, read as the qsub of Torque and of PBS read them: letter by letter, as in their sources. */

export interface Read {
  /** By letter; what was said last counts. */
  options: Record<string, string>;
  /** By name, as Torque counts them: the last. */
  last: Record<string, string>;
  /** By name, as PBS counts them: the first. */
  first: Record<string, string>;
}

export function qsubReads(script: string): Read {
  const read: Read = { options: {}, last: {}, first: {} };
  for (const line of script.split('\n')) {
    if (/^\s*[^#\s]/.test(line)) break;
    const text = line.replace(/^[ \t\v\f\r]+/, '');
    if (text.startsWith('#PBS')) readOptions(argv(text.slice(4)), read);
  }
  return read;
}

/** Quotes of both kinds, and the backslash outside of them. */
function argv(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"' || character === "'") {
      const end = text.indexOf(character, at + 1);
      if (end === -1) throw new Error('qsub: unmatched quote');
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (character === '\\') {
      word = (word ?? '') + text.charAt((at += 1));
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) found.push(word);
  return found;
}

function readOptions(words: string[], read: Read): void {
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const letter = word.charAt(1);
    if (!word.startsWith('-') || letter === '') throw new Error(`qsub: directive error: ${word}`);
    if ('EfhInVXxz'.includes(letter)) {
      read.options[letter] = '';
      if (word.length > 2) words.unshift(`-${word.slice(2)}`);
      continue;
    }
    const value = word.slice(2) || words.shift();
    if (value === undefined) throw new Error(`qsub: option requires an argument -- '${letter}'`);
    if (letter === 'l') readResources(value, read);
    else read.options[letter] = value;
  }
}

function readResources(list: string, { first, last }: Read): void {
  for (const entry of list.split(',')) {
    const [name = '', ...rest] = entry.split('=');
    const value = rest.join('=');
    last[name] = value;
    first[name] ??= value;
  }
}
