/** The program of the database's thread. The build puts it beside the chunk that this becomes a part of. */
export const WORKER_FILE = new URL('./store-worker.cjs', import.meta.url);
