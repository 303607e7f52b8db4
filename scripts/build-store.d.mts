export function buildStoreWorker(folder: string): Promise<unknown>;
export function buildStore(folder: string): Promise<void>;
