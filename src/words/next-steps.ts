/** What a person may do next with a session: a sentence that ends with the command. */

export function toStartAgain(id: string): string {
  return `To start it again: start-jupyter again ${id}`;
}

/** Where a proxy leads there. */
export const OPENS_BY_ITSELF = 'The page opens the notebook by itself once the job has started.';
