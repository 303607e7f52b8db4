/**
 * What a template's own `#PBS` lines say, and the template without what is beaten. Of two lines that name the same thing
 * qsub of PBS takes the first for -l and the last for the rest, of Torque from 4.0 the last, before that as PBS: so a
 * rendered script names nothing twice. Pure.
 */
import type { Directives, Rank, Said } from '../scheduler.js';
import {
  qsubDirective,
  qsubLines,
  resourceList,
  resources,
  type QsubLine,
  type QsubOption,
} from './qsub-lines.js';

/** Something to be said to qsub: an option, or with a resource `-l resource=value`. */
export interface Wish {
  letter: string;
  resource?: string;
  value: string;
  rank: Rank;
  /** Resources that say the same in other words: what beats the one beats them, and they beat its default. */
  like?: readonly string[];
}

/** The template's own words. */
export interface OwnLines {
  option(letter: string): string | undefined;
  resource(name: string): string | undefined;
}

/** Which of several lines of a template itself counts. */
export type Counts = 'first' | 'last';

export function ownLines(template: string, ofResources: Counts): OwnLines {
  const options = qsubLines(template).flatMap((line) => line.options);
  const said = options.flatMap(({ letter, value = '' }) => (letter === 'l' ? resources(value) : []));
  return {
    option: (letter) => options.findLast((option) => option.letter === letter)?.value,
    resource: (name) => said[ofResources === 'first' ? 'find' : 'findLast'](([own]) => own === name)?.[1],
  };
}

/** What the launcher has to know of a template. */
export function ownWords(template: string, ofResources: Counts, accountLetters: readonly string[]): Said {
  const own = ownLines(template, ofResources);
  const said = {
    partition: own.option('q'),
    account: accountLetters.map((letter) => own.option(letter)).find((value) => value !== undefined),
    time: own.resource('walltime'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** Options of a template that would take away what a session rests on: its name, output, shell and single run. */
const BREAKING = 'NSjoekrzI';

/**
 * The directives for a template: what it says itself beats a wish of rank `lower`, and one of rank `upper` beats it.
 * @param session what is said whatever the template says
 * @param breaking letters of its own that are beaten always, beside the session's
 */
export function settle(
  template: string,
  wishes: readonly Wish[],
  session: readonly QsubOption[],
  breaking: string,
): Directives {
  const lines = qsubLines(template);
  const beatenBy = (wish: Wish) => beats([wish], '');
  const wanted = wishes.filter(
    (wish) => wish.rank === 'upper' || !lines.some((line) => without(line, beatenBy(wish)) !== line),
  );
  const upper = wanted.filter(({ rank }) => rank === 'upper');
  const ofRank = (rank: Rank) => wanted.filter((wish) => wish.rank === rank).map(lineOf);
  return {
    lower: ofRank('lower'),
    upper: [...ofRank('upper'), ...session.map((option) => qsubDirective([option]))],
    template: rewritten(template, lines, beats(upper, BREAKING + breaking)),
  };
}

function lineOf({ letter, resource, value }: Wish): string {
  return qsubDirective([{ letter, value: resource === undefined ? value : `${resource}=${value}` }]);
}

/** What of an option stays; undefined: nothing. */
type Beats = (option: QsubOption) => QsubOption | undefined;

function beats(wishes: readonly Wish[], letters: string): Beats {
  const options = wishes.filter(({ resource }) => resource === undefined).map(({ letter }) => letter);
  const taken = wishes.flatMap(({ resource, like = [] }) =>
    resource === undefined ? like : [resource, ...like],
  );
  return (option) => {
    if (option.letter !== 'l') {
      return letters.includes(option.letter) || options.includes(option.letter) ? undefined : option;
    }
    const said = resources(option.value ?? '');
    const kept = said.filter(([name]) => !taken.includes(name));
    if (kept.length === said.length) return option;
    return kept.length === 0 ? undefined : { letter: 'l', value: resourceList(kept) };
  };
}

/** The line itself when nothing of it is beaten. */
function without(line: QsubLine, beaten: Beats): QsubLine {
  const options = line.options.map(beaten);
  if (options.every((option, index) => option === line.options[index])) return line;
  return { ...line, options: options.filter((option) => option !== undefined) };
}

/** A beaten line stays as a comment, with one # more, and what is left of it follows. */
function rewritten(template: string, lines: readonly QsubLine[], beaten: Beats): string {
  const text: string[] = template.split('\n');
  for (const line of lines) {
    const left = without(line, beaten);
    if (left === line) continue;
    const rest = left.options.length === 0 ? [] : [qsubDirective(left.options)];
    text[line.index] = [`#${text[line.index] ?? ''}`, ...rest].join('\n');
  }
  return text.join('\n');
}
