/** Waits for all of them, whatever becomes of each, and then throws what the first one that failed has thrown. */
export async function sideBySide(tasks: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) if (result.status === 'rejected') throw result.reason;
}
