/** What was taken and how to give it back, newest first. */

export interface UndoStack {
  /** `what` finishes the sentence "could not ...". */
  push(what: string, giveBack: () => Promise<void>): void;
  /** Gives everything back. Never throws: what could not be given back is returned, in words. */
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
      for (const step of steps.reverse()) {
        try {
          await step.giveBack();
        } catch (error) {
          failures.push(`could not ${step.what}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      steps = [];
      return failures;
    },
    forget() {
      steps = [];
    },
  };
}
