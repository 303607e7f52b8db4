/** What can be open in a bash script: quotes, brackets, compound commands. */

export type Kind =
  'code' | 'paren' | 'array' | 'backtick' | 'arithmetic' | 'double' | 'single' | 'ansi' | 'brace';

/** Something that is open: quotes, brackets, or the script itself. */
export interface Frame {
  kind: Kind;
  /** Whether a word that ends now is a command. */
  commandStart: boolean;
  /** The command depends on the one before it: `&&`, `||`, `|`. */
  joined: boolean;
  /** What was read last wants something more, over line ends: `&&`, `||`, `|`, the name of a function. */
  operatorLast: boolean;
  /** The next word is the file of a redirection, or the name of a function. */
  skipWord: 'file' | 'function' | undefined;
  /** Compound commands that have not ended: `if`, `loop`, `case`, `{`. */
  open: string[];
  /** Of a `case`: what comes are its patterns, which may look like anything. */
  patterns: boolean;
  word: string;
  plain: boolean;
  /** Brackets within arithmetic. */
  depth: number;
}

/** Words after which another command starts. */
export const BEFORE_COMMAND = ['if', 'then', 'else', 'elif', 'while', 'until', 'do', '{', '!', 'time'];

/** Which compound command each of them begins. */
export const OPENS = new Map([
  ['if', 'if'],
  ['while', 'loop'],
  ['until', 'loop'],
  ['for', 'loop'],
  ['select', 'loop'],
  ['case', 'case'],
  ['{', '{'],
]);

/** Which one each of them ends. */
export const CLOSES = new Map([
  ['fi', 'if'],
  ['done', 'loop'],
  ['esac', 'case'],
  ['}', '{'],
]);

/** What begins something that is part of a word; the longer before what it begins with. */
export const OPENERS: [opener: string, kind: Kind][] = [
  ["$'", 'ansi'],
  ['$"', 'double'],
  ['$((', 'arithmetic'],
  ['$(', 'paren'],
  ['${', 'brace'],
  ["'", 'single'],
  ['"', 'double'],
  ['`', 'backtick'],
];

/** Something that was just opened. */
export function frame(kind: Kind): Frame {
  return {
    kind,
    commandStart: kind !== 'array',
    joined: false,
    operatorLast: false,
    skipWord: undefined,
    open: [],
    patterns: false,
    word: '',
    plain: true,
    depth: 0,
  };
}

/** Whether commands can stand in it. */
export function isCode(kind: Kind): boolean {
  return kind === 'code' || kind === 'paren' || kind === 'array' || kind === 'backtick';
}
