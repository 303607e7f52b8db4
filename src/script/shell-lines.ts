/**
 * What bash makes of a script's lines, as far as a template needs it: where a command can start, and what is only text. Not
 * bash's whole grammar; what it cannot follow it takes for the inside of something, so that nothing is rendered there.
 */
import {
  BEFORE_COMMAND,
  CLOSES,
  frame,
  isCode,
  OPENERS,
  OPENS,
  type Frame,
  type Kind,
} from './shell-frames.js';

export interface ShellLine {
  text: string;
  /** From 1. */
  number: number;
  /**
   * What its beginning is: `code`, where a command of the script itself can start; `block`, the same inside a function, a
   * condition, a loop or brackets; `continued`, the middle of a command; `text`, a here-document or quotes.
   */
  at: 'code' | 'block' | 'continued' | 'text';
  /** Every word that is code and not quoted. */
  words: string[];
  commands: ShellCommand[];
}

export interface ShellCommand {
  /** As it is written. */
  word: string;
  /** It runs whenever the script comes to this line: nothing of `&&`, `||`, `|` or a block decides about it. */
  surely: boolean;
}

interface HereDocument {
  delimiter: string;
  stripTabs: boolean;
}

/** The script's lines, each with what bash makes of it. */
export function shellLines(script: string): ShellLine[] {
  const reader = new Reader();
  return script.split('\n').map((text, index) => reader.line(text, index + 1));
}

/** Goes through a script once. A class, because what is open outlives a line. */
class Reader {
  private readonly stack: Frame[] = [frame('code')];
  private readonly waiting: HereDocument[] = [];
  /** The line before ended with a backslash. */
  private continued = false;
  /** Whether here-documents that wait for their text have their line's end behind them. */
  private inHereDocument = false;
  private current: ShellLine = { text: '', number: 0, at: 'code', words: [], commands: [] };

  line(text: string, number: number): ShellLine {
    this.current = { text, number, at: this.beginning(), words: [], commands: [] };
    if (this.inHereDocument) this.readHereDocument(text);
    else this.readCode(text);
    return this.current;
  }

  private get top(): Frame {
    return this.stack.at(-1) ?? frame('code');
  }

  private beginning(): ShellLine['at'] {
    const { kind, operatorLast, open } = this.top;
    if (this.inHereDocument || !isCode(kind)) return 'text';
    if (this.continued || operatorLast) return 'continued';
    return this.stack.length > 1 || open.length > 0 ? 'block' : 'code';
  }

  private readHereDocument(text: string): void {
    const [{ delimiter, stripTabs } = { delimiter: '', stripTabs: false }] = this.waiting;
    if ((stripTabs ? text.replace(/^\t+/, '') : text) === delimiter) this.waiting.shift();
    this.inHereDocument = this.waiting.length > 0;
  }

  private readCode(text: string): void {
    let at = 0;
    while (at < text.length) at = this.step(text, at);
    // The character behind a last backslash is the line's end.
    this.continued = at > text.length;
    if (this.continued) return;
    if (isCode(this.top.kind)) this.endLine();
    this.inHereDocument = this.waiting.length > 0;
  }

  /** Reads what starts at this place and gives the place behind it. */
  private step(text: string, at: number): number {
    const { kind } = this.top;
    switch (kind) {
      case 'single':
        if (text[at] === "'") this.stack.pop();
        return at + 1;
      case 'ansi':
        if (text[at] === '\\') return at + 2;
        if (text[at] === "'") this.stack.pop();
        return at + 1;
      case 'arithmetic':
        return this.stepArithmetic(text, at);
      case 'double':
      case 'brace':
        return this.stepQuoted(text, at, kind === 'double' ? '"' : '}');
      default:
        return this.stepCode(text, at);
    }
  }

  private stepArithmetic(text: string, at: number): number {
    const { top } = this;
    if (text[at] === '(') top.depth += 1;
    else if (text[at] === ')' && top.depth > 0) top.depth -= 1;
    else if (text[at] === ')') {
      this.stack.pop();
      return text[at + 1] === ')' ? at + 2 : at + 1;
    } else return this.opened(text, at) ?? (text[at] === '\\' ? at + 2 : at + 1);
    return at + 1;
  }

  private stepQuoted(text: string, at: number, end: string): number {
    if (text[at] === '\\') return at + 2;
    if (text[at] === end) {
      this.stack.pop();
      return at + 1;
    }
    // Between double quotes a single one is a letter, but not within `"${...}"` (seen with bash 5.2), and `$` before the
    // last quote stands for itself.
    if (end === '"' && /^(?:'|\$['"])/.test(text.slice(at))) return at + 1;
    return this.opened(text, at) ?? at + 1;
  }

  /** Quotes and expansions, which are the same everywhere; undefined when none starts here. */
  private opened(text: string, at: number): number | undefined {
    const starts = OPENERS.find(([opener]) => text.startsWith(opener, at));
    if (starts === undefined) return undefined;
    const [opener, kind] = starts;
    return this.push(kind, opener, at);
  }

  private stepCode(text: string, at: number): number {
    const { top } = this;
    const rest = text.slice(at);
    if (/^[ \t]/.test(rest)) return this.endWord(at + 1);
    if (rest.startsWith('#') && top.word === '') return text.length;
    if (rest.startsWith('\\')) return this.escaped(text, at);
    if (rest.startsWith('`') && top.kind === 'backtick') return this.close(at);
    const here = /^<<(-?)(?!<)[ \t]*((?:[^\s;&|<>()'"\\]|'[^']*'|"[^"]*"|\\.)+)/.exec(rest);
    if (here !== null && !rest.startsWith('<<<')) return this.hereDocument(here, at);
    const process = /^[<>]\(/.exec(rest);
    const opened = process === null ? this.opened(text, at) : undefined;
    if (opened !== undefined) return opened;
    if (process !== null) return this.push('paren', process[0], at);
    const redirection = /^(?:&>>?|<<<|[<>][&|>]?)/.exec(rest)?.[0];
    if (redirection !== undefined) return this.redirection(redirection, at);
    if (rest.startsWith('(')) return this.bracket(rest, at);
    if (rest.startsWith(')')) return this.closeBracket(at);
    const operator = /^(?:&&|\|\||\|&|\||;;&|;;|;&|;|&)/.exec(rest)?.[0];
    if (operator !== undefined) return this.operator(operator, at);
    top.word += text[at] ?? '';
    return at + 1;
  }

  private escaped(text: string, at: number): number {
    if (at === text.length - 1) return at + 2;
    this.top.plain = false;
    this.top.word += text.slice(at, at + 2);
    return at + 2;
  }

  private hereDocument([all, dash, word = '']: RegExpExecArray, at: number): number {
    this.endWord(at);
    this.waiting.push({ delimiter: word.replace(/['"]|\\(.)/g, '$1'), stripTabs: dash === '-' });
    return at + all.length;
  }

  private redirection(operator: string, at: number): number {
    // `2>file`: the number belongs to the redirection.
    if (/^\d+$/.test(this.top.word)) this.top.word = '';
    this.endWord(at);
    this.top.skipWord = 'file';
    return at + operator.length;
  }

  private bracket(rest: string, at: number): number {
    const { top } = this;
    if (rest.startsWith('((') && top.word === '' && (top.commandStart || top.open.at(-1) === 'loop')) {
      this.top.commandStart = false;
      return this.push('arithmetic', '((', at);
    }
    if (top.word.endsWith('=')) return this.push('array', '(', at);
    this.endWord(at);
    const ofFunction = /^\([ \t]*\)/.exec(rest)?.[0];
    if (ofFunction !== undefined) return this.functionBody(at + ofFunction.length);
    this.stack.push(frame('paren'));
    return at + 1;
  }

  private closeBracket(at: number): number {
    const { top } = this;
    if (top.open.at(-1) !== 'case' && (top.kind === 'paren' || top.kind === 'array')) return this.close(at);
    this.endWord(at);
    top.commandStart = true;
    top.patterns = false;
    return at + 1;
  }

  private operator(operator: string, at: number): number {
    this.endWord(at);
    const { top } = this;
    const joins = operator.startsWith('|') || operator === '&&';
    if (operator.startsWith(';;') || operator === ';&') top.patterns = top.open.at(-1) === 'case';
    top.commandStart = top.kind !== 'array';
    top.joined = joins;
    top.operatorLast = joins;
    return at + operator.length;
  }

  /** What follows is the body of a function, perhaps on the next line. */
  private functionBody(next: number): number {
    this.top.commandStart = true;
    this.top.operatorLast = true;
    return next;
  }

  /** Opens something that is part of a word. */
  private push(kind: Kind, opener: string, at: number): number {
    this.top.plain = false;
    this.top.word += opener;
    this.stack.push(frame(kind));
    return at + opener.length;
  }

  private close(at: number): number {
    this.endWord(at);
    const { kind } = this.top;
    this.stack.pop();
    // Behind `(pattern)`.
    if (kind === 'paren' && this.top.word === '') {
      this.top.commandStart = true;
      this.top.patterns = false;
    }
    if (kind === 'paren') this.top.operatorLast = false;
    return at + 1;
  }

  private endLine(): void {
    this.endWord(0);
    const { top } = this;
    top.skipWord = undefined;
    if (top.operatorLast) return;
    top.joined = false;
    top.commandStart = top.kind !== 'array';
  }

  private endWord(next: number): number {
    const { top } = this;
    const { word, plain } = top;
    top.word = '';
    top.plain = true;
    if (word === '' && plain) return next;
    if (plain) this.current.words.push(word);
    top.operatorLast = false;
    if (top.skipWord !== undefined) {
      if (top.skipWord === 'function') this.functionBody(next);
      top.skipWord = undefined;
    } else if (top.commandStart) {
      this.endCommandWord(word, plain);
    }
    return next;
  }

  private endCommandWord(word: string, plain: boolean): void {
    const { top } = this;
    if (/^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/.test(word)) return;
    const keyword = plain ? word : '';
    if (top.patterns && keyword !== 'esac') return;
    const opens = OPENS.get(keyword);
    const closes = CLOSES.get(keyword);
    // `done }`: what ends a compound command may be followed by what ends another one.
    top.commandStart = BEFORE_COMMAND.includes(keyword) || closes !== undefined;
    if (opens !== undefined) {
      top.open.push(opens);
      top.patterns = opens === 'case';
    } else if (closes !== undefined) {
      top.patterns = false;
      if (top.open.at(-1) === closes) top.open.pop();
    } else if (keyword === 'function') top.skipWord = 'function';
    else if (!top.commandStart) {
      const surely = this.stack.length === 1 && top.open.length === 0 && !top.joined;
      this.current.commands.push({ word, surely });
    }
  }
}
