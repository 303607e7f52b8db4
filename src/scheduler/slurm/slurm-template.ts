/** What a template's own #SBATCH lines ask for, as far as the launcher has to know it. Pure. */

/** The texts as they stand in the template; the last line wins, as with sbatch. */
export interface OwnDirectives {
  partition?: string;
  account?: string;
  time?: string;
  signal?: string;
}

type Wanted = keyof OwnDirectives;

const SHORT: Record<string, Wanted> = { p: 'partition', A: 'account', t: 'time' };

/**
 * A word of short options up to the first that takes a value, which ends it: `-Hp debug`, `-pdebug`.
 * Source: sbatch(1).
 */
const SHORT_OPTIONS = /^-[A-Za-z]*?([aAbcCdDeFGiJLMmnNopqStwx])(.*)$/;

/** The shortest beginnings that sbatch takes for them (`--par` could be `--parsable` as well). */
const LONG: [prefix: string, wanted: Wanted][] = [
  ['part', 'partition'],
  ['acco', 'account'],
  ['time', 'time'],
  ['si', 'signal'],
];

/**
 * Reads partition, account, time and signal from the lines that sbatch would read: those that start with `#SBATCH`
 * before the first line of code. Spellings: `-p x`, `-px`, `--partition=x`, `--partition x`, an unambiguous
 * beginning (`--part=x`), several on a line.
 */
export function ownDirectives(script: string): OwnDirectives {
  const own: OwnDirectives = {};
  for (const line of directiveLines(script)) readLine(words(line), own);
  return own;
}

function directiveLines(script: string): string[] {
  const lines = script.split('\n');
  const code = lines.findIndex((line) => !/^\s*(#|$)/.test(line));
  const head = code === -1 ? lines : lines.slice(0, code);
  return head.filter((line) => line.startsWith('#SBATCH')).map((line) => line.slice('#SBATCH'.length));
}

/** Splits as sbatch does: quotes hold words together, `#` starts a comment. */
function words(line: string): string[] {
  const pattern = /\s*((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"'#])+)/y;
  const found: string[] = [];
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) {
    found.push((match[1] ?? '').replaceAll(/["']|\\(.)/g, '$1'));
  }
  return found;
}

function readLine(words: string[], own: OwnDirectives): void {
  let wanted: Wanted | undefined;
  for (const word of words) {
    if (wanted !== undefined) {
      own[wanted] = word;
      wanted = undefined;
    } else {
      const option = word.startsWith('--') ? longOption(word) : shortOption(word);
      if (option?.value !== undefined) own[option.wanted] = option.value;
      else wanted = option?.wanted;
    }
  }
}

interface Option {
  wanted: Wanted;
  /** Undefined: it is the next word. */
  value?: string;
}

function longOption(word: string): Option | undefined {
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/.exec(word) ?? [];
  const wanted = LONG.find(([prefix, full]) => name.startsWith(prefix) && full.startsWith(name))?.[1];
  return wanted && { wanted, ...(value === undefined ? {} : { value }) };
}

function shortOption(word: string): Option | undefined {
  const [, letter = '', value = ''] = SHORT_OPTIONS.exec(word) ?? [];
  const wanted = SHORT[letter];
  return wanted && { wanted, ...(value === '' ? {} : { value }) };
}
