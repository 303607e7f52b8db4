import { doubtful, failed, type Finding } from './finding.js';
import { noAnswerWithin } from '../../words/doctor.js';

/** Looks at one thing. What it throws is its finding. */
export type Look = (signal: AbortSignal) => Promise<Finding[]>;

/**
 * Looks for a while at most. What does not answer by then is left to itself, told so by its signal: that nobody can tell is a
 * finding, too.
 */
export async function limited(
  topic: string,
  limitMs: number,
  signal: AbortSignal,
  look: Look,
  whenSlow = doubtful(topic, ...noAnswerWithin(limitMs / 1000)),
): Promise<Finding[]> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([whenSlow]), limitMs);
  });
  try {
    const looked = look(AbortSignal.any([signal, over.signal])).catch((error: unknown) => [
      failed(topic, error),
    ]);
    return await Promise.race([looked, late]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
