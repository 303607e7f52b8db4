import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellLines } from '../../../src/script/shell-lines.js';
import { anyText } from './any-text.js';

/** What each line begins as: c(ode), b(lock), + (continued), t(ext). */
const kinds = (script: string) =>
  shellLines(script)
    .map(({ at }) => ({ code: 'c', block: 'b', continued: '+', text: 't' })[at])
    .join('');

const commands = (script: string) =>
  shellLines(script).flatMap((line) =>
    line.commands.map(({ word, surely }) => `${line.number}${surely ? '' : '?'} ${word}`),
  );

describe('shellLines', () => {
  it.each([
    ['a\n# it\'s "a" comment <<EOF\nb', 'ccc'],
    ['cat <<EOF\ntext\nEOF\nb', 'cttc'],
    ['cat <<-\'E O\' <<"B" # x\n a\n\tE O\nb\nB\nc', 'cttttc'],
    ['cat <<< EOF\nb', 'cc'],
    ['x=$((1<<2)); (( y << 3 ))\nb', 'cc'],
    ['a "\nb\n"\nc', 'cttc'],
    ["a '\n\"\n'\nc", 'cttc'],
    ["a $'\\'\n'\nc", 'ctc'],
    ['a "$(b "\nc\n")"\nd', 'cttc'],
    ['a "it\'s ${x:-\'}"\'}"\nd', 'cc'],
    ['a \\\nb\nc', 'c+c'],
    ['a &&\n\n# x\nb\nc', 'c+++c'],
    ['a |\nb; c', 'c+'],
    ['f() {\n  a\n}\nb', 'cbbc'],
    ['function f\n{\n  a\n}\nb', 'c+bbc'],
    ['if a; then\n b\nelif c\nthen d\nfi\ne', 'cbbbbc'],
    ['for x in if do\ndo a\ndone\nb', 'cbbc'],
    ['for ((i=0; i<2; i++))\n{\na\n}\nb', 'cbbbb'],
    ['while a\ndo b; done; c\nd', 'cbc'],
    ['case $x in\n a|b) c ;;\n (d)\n e ;;\nesac\nf', 'cbbbbc'],
    ['(a\nb)\nc', 'cbc'],
    ['x=(if\nthen)\nc', 'cbc'],
    ['x=$(a\nb)\nc', 'cbc'],
    ['x=`a\nb`\nc', 'cbc'],
    ['diff <(a\nb) >(c)\nd', 'cbc'],
    ['echo if then { done; echo }\nb', 'cc'],
    ['echo ${#x} ${x#y} $# a#b\nb', 'cc'],
    ['a="$"\nb', 'cc'],
    ['{ while a; do b; done }\nc', 'cc'],
    ['case $x in\n{) a;;\nif|(case) b;; \\(\\)) c\nesac\nc', 'cbbbc'],
    ['[[ $a =~ ^(x|y)$ && -f b ]] && c\nd', 'cc'],
  ])('%j is %s', (script, expected) => {
    expect(kinds(script)).toBe(expected);
  });

  it('knows the commands, and which of them surely run', () => {
    expect(commands('A=1 a b; c || d\nif e; then f; fi\n>x g &\n! h | i\n(j)\nk "$(l)"')).toEqual([
      ...['1 a', '1 c', '1? d', '2? e', '2? f', '3 g', '4 h', '4? i', '5? j', '6 k', '6? l'],
    ]);
  });

  it('comes to an end of any text', () => {
    const run = (text: string) => {
      expect(shellLines(text).map((line) => line.text)).toEqual(text.split('\n'));
    };
    fc.assert(fc.property(anyText, run), { seed: 42, numRuns: 300, endOnFailure: true });
  });

  it('knows words, and not what stands in quotes, comments and here-documents', () => {
    const script = 'a b-c "d" e\\f # g\ncat <<X\nh\nX\ni';
    expect(shellLines(script).flatMap(({ words }) => words)).toEqual(['a', 'b-c', 'cat', 'i']);
  });
});

/** Statements that are right by themselves, some of several lines. */
const { statement } = fc.letrec<{ statement: string; list: string }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'true',
      '',
      '# if then " \' <<EOF',
      "echo 'a' \"b\" $'c\\'d' \\' \\\" a\\ # it's \"so\"",
      'cat <<EOF >/dev/null\n if " \'\n\tEOF\nEOF',
      'cat <<-\'E F\' <<"G" >/dev/null\n$(\n\tE F\n}\nG',
      'x="a\n  start_session\nb"',
      "y='\n\"\n'",
      "z=$'\\'\n\"'",
      'true \\\n  a # b \\',
      'echo "${x:-\'}"\'} $\'" ${x#"}"} ${#x} $# a#b "$(echo "a b" \'c\n\')"',
      'n=$((1 << 2)); (( n << 1 ))',
      'cat <<< EOF >/dev/null',
      'echo if then { done; echo } fi esac',
      'q=(if "b\n" then\n{)',
      '[[ $a =~ ^(x|y)$ && -f b ]]',
      'diff <(true\ntrue) - >/dev/null 2>&1 </dev/null',
    ),
    tie('list').map((body) => `if true; then\n${body}\nelse :; ${body}\nfi`),
    tie('list').map((body) => `for i in 1 do; do :; ${body}\ndone >/dev/null`),
    tie('list').map((body) => `for ((i = 0; i < (2); i++)); do :; ${body}\ndone`),
    tie('list').map((body) => `case $x in\n(a) ${body}\n;;\nb|*) :; ${body}\nesac`),
    tie('list').map((body) => `f() {\n${body}\n:; }`),
    tie('list').map((body) => `function g\n{\n:\n${body}\n}`),
    tie('list').map((body) => `(\n:\n${body}\n)`),
    tie('list').map((body) => `r=$(:\n${body}\n)`),
    tie('list').map((body) => `r="$(:\n${body}\n)"`),
    tie('list').map((body) => `true &&\n\n{\n:\n${body}\n} ||\n# no\nfalse`),
  ),
  list: fc.array(tie('statement'), { minLength: 1, maxLength: 2 }).map((list) => list.join('\n')),
}));

describe.skipIf(process.platform === 'win32')('beside a real bash', () => {
  /** Whether a script may end behind these lines. An open here-document is no more than a warning to bash. */
  const complete = (head: string) => {
    const { status, stderr } = spawnSync('bash', ['--norc', '-n'], { input: `${head}\n`, encoding: 'utf8' });
    return status === 0 && stderr === '';
  };

  it('a line is code of the script itself where the script could end before it', () => {
    const run = (statements: string[]) => {
      const script = statements.join('\n');
      // Bash itself does not take every case within $(...).
      fc.pre(complete(script));
      const lines = script.split('\n');
      for (const { at, number } of shellLines(script)) {
        const head = lines.slice(0, number - 1).join('\n');
        // Bash may end behind a backslash: there was nothing to go on with.
        expect([number, at === 'code'], script).toEqual([
          number,
          complete(head) && !/^[^#]*\\$/m.test(lines[number - 2] ?? ''),
        ]);
      }
    };
    fc.assert(fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), run), {
      seed: 42,
      numRuns: 15,
      endOnFailure: true,
    });
  });
});
