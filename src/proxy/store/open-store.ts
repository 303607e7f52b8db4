/** The store that survives: SQLite in a thread of its own, in a folder that this proxy alone uses. */
import { join } from 'node:path';
import type { Log } from '../operation/log.js';
import type { Session } from '../registry/session.js';
import type { Store } from '../registry/store.js';
import { prepareFolder } from './folder.js';
import { lockStore } from './lock.js';
import { cannotUse, DamagedError } from './refusals.js';
import { startThread, type StoreThread } from './thread.js';

/**
 * Opens the store in this folder, which is made if it is not there. Throws StartJupyterError 'bad-directory',
 * 'unsafe-directory', 'no-tool' or 'bad-store' with the reason and the way out; nothing stored was changed then. `load` throws
 * 'bad-store', too: only then every session has been looked at. `onDead` is called once if the database's thread stops by
 * itself: nothing is stored any more.
 */
export async function openStore(folder: string, log: Log, onDead?: (error: Error) => void): Promise<Store> {
  prepareFolder(folder);
  const unlock = await lockStore(join(folder, 'lock'));
  const file = join(folder, 'sessions.db');
  try {
    return storeOf(await startThread(file, { log, onDead }), file, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function storeOf(thread: StoreThread, file: string, unlock: () => void): Store {
  const write = (kind: 'create' | 'replace', session: Session): Promise<boolean> => {
    const { name, revision } = session;
    return thread.ask({ kind, name, revision, json: JSON.stringify(session) }) as Promise<boolean>;
  };
  return {
    async load() {
      try {
        const texts = (await thread.ask({ kind: 'load' })) as string[];
        return texts.flatMap((text) => JSON.parse(text) as Session[]);
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error;
        throw cannotUse(file, { why: 'damaged', detail: error.message });
      }
    },
    async read(name) {
      const json = (await thread.ask({ kind: 'read', name })) as string | null;
      return json === null ? undefined : (JSON.parse(json) as Session);
    },
    create: (session) => write('create', session),
    replace: (session) => write('replace', session),
    async forget(name) {
      await thread.ask({ kind: 'forget', name });
    },
    async close() {
      await thread.close();
      unlock();
    },
  };
}
