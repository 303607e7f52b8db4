/** The doctor's findings as lines for a person. Pure. */
import type { ChalkInstance } from 'chalk';
import type { Finding, Verdict } from '../launch/doctor/finding.js';
import { wrapped } from './wrapped.js';

const VERDICT_WIDTH = 'doubtful'.length;

/** A line a finding: how it is, what it is about, what is so; what to do about it under that. */
export function findingLines(findings: readonly Finding[], columns: number, colour: ChalkInstance): string[] {
  const topicWidth = Math.max(...findings.map(({ topic }) => topic.length));
  const indent = ' '.repeat(VERDICT_WIDTH + topicWidth + 4);
  const paints = { good: colour.green, doubtful: colour.yellow, bad: colour.red } as const;
  const width = Math.max(30, columns - indent.length);
  return findings.flatMap(({ verdict, topic, text, cure }) => {
    const [first = '', ...more] = wrapped(text, width);
    const begin = `${paints[verdict](verdict.padEnd(VERDICT_WIDTH))}  ${topic.padEnd(topicWidth)}  `;
    return [
      `${begin}${first}`,
      ...[...more, ...(cure === undefined ? [] : wrapped(`To do: ${cure}`, width))].map((line) =>
        `${indent}${line}`.trimEnd(),
      ),
    ];
  });
}

/** What they come to. */
export function summary(findings: readonly Finding[]): string {
  const count = (verdict: Verdict): number => findings.filter((one) => one.verdict === verdict).length;
  const [wrong, unsure] = [count('bad'), count('doubtful')];
  const doubts = unsure === 0 ? '' : ` ${number(unsure)} ${unsure === 1 ? 'is' : 'are'} doubtful.`;
  if (wrong > 0)
    return `${number(wrong)} of these ${wrong === 1 ? 'is' : 'are'} bad: a launch would fail.${doubts}`;
  if (unsure > 0) return `A launch should work.${doubts}`;
  return 'Everything is as it should be.';
}

const NUMBERS = ['None', 'One', 'Two', 'Three', 'Four', 'Five', 'Six'];

function number(count: number): string {
  return NUMBERS[count] ?? String(count);
}
