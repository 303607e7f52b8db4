/** What was taken and how to give it back, newest first. */
import { messageOf, sentence } from '../errors.js';
import { couldNot } from '../words/launch.js';
import type { Progress } from './progress.js';

export interface UndoStack {
  /** `what` finishes the sentence "Could not ...". */
  push(what: string, giveBack: () => Promise<void>): void;
  /** Gives everything back. Never throws: what could not be given back is returned, a sentence each. */
  run(): Promise<string[]>;
  /** The launch is done: nothing is given back any more. */
  forget(): void;
}

export function createUndoStack(): UndoStack {
  let steps: { what: string; giveBack: () => Promise<void> }[] = [];
  return {
    push: (what, giveBack) => steps.push({ what, giveBack }),
    async run() {
      const failures: string[] = [];
      const taken = steps.reverse();
      steps = [];
      for (const step of taken) {
        try {
          await step.giveBack();
        } catch (error) {
          failures.push(sentence(couldNot(step.what, messageOf(error))));
        }
      }
      return failures;
    },
    forget() {
      steps = [];
    },
  };
}

/** Gives everything back and warns of what could not be. */
export async function giveBackAll(undo: UndoStack, progress: Pick<Progress, 'warn'>): Promise<void> {
  for (const failure of await undo.run()) progress.warn(failure);
}
