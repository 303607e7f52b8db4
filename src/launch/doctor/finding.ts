/** What the doctor says: one finding a line. */
import { messageOf, StartJupyterError, type ErrorCode } from '../../errors.js';
import { UNEXPECTED } from '../../words/doctor.js';
import { EXIT_CODES, KIND_OF_CODE } from '../../words/exit-codes.js';

/** `bad`: a launch would fail. `doubtful`: it may not do as it should, or nobody could tell. */
export type Verdict = 'good' | 'doubtful' | 'bad';

export interface Finding {
  /** What was looked at, a word or two. */
  topic: string;
  verdict: Verdict;
  /** What is so, in a sentence or less. */
  text: string;
  /** What to do about it. */
  cure?: string;
  /** Of a bad one: how a launch would fail. */
  code?: ErrorCode;
}

export const good = (topic: string, text: string): Finding => ({ topic, verdict: 'good', text });

export const doubtful = (topic: string, text: string, cure?: string): Finding => ({
  ...{ topic, verdict: 'doubtful', text },
  ...(cure === undefined ? {} : { cure }),
});

export const bad = (topic: string, code: ErrorCode, text: string, cure: string): Finding => ({
  ...{ topic, verdict: 'bad', text, cure, code },
});

/** What a launch would end with, as a finding. What should not happen keeps nobody from looking at the rest. */
export function failed(topic: string, error: unknown): Finding {
  if (!(error instanceof StartJupyterError)) {
    const text = UNEXPECTED.text(messageOf(error));
    return bad(topic, 'unexpected', text, UNEXPECTED.cure);
  }
  const { code, message, detail, hint } = error;
  return {
    ...{ topic, verdict: 'bad', code },
    text: [message, detail?.trim()].filter(Boolean).join('\n'),
    ...(hint === undefined ? {} : { cure: hint }),
  };
}

/** The exit status that a launch would end with, which stops at the first thing that is bad; 0: nothing is. */
export function exitStatus(findings: readonly Finding[]): number {
  const worst = findings.find(({ verdict }) => verdict === 'bad');
  return worst === undefined ? 0 : EXIT_CODES[KIND_OF_CODE[worst.code ?? 'unexpected']].code;
}
