/** Runs tasks of the same key one after the other, in the order they came; tasks of different keys side by side. */
export type InTurn = <T>(key: string, task: () => Promise<T>) => Promise<T>;

export function createInTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async function inTurn(key, task) {
    const run = (last.get(key) ?? Promise.resolve()).then(task);
    const settled = run.catch(() => undefined);
    last.set(key, settled);
    try {
      return await run;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
