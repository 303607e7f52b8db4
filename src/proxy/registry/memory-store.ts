import type { Session } from './session.js';
import type { Store } from './store.js';

/** A store that forgets everything with the process. */
export function createMemoryStore(): Store {
  const sessions = new Map<string, Session>();
  return {
    load: () => Promise.resolve([...sessions.values()]),
    read: (name) => Promise.resolve(sessions.get(name)),
    create(session) {
      if (sessions.has(session.name)) return Promise.resolve(false);
      sessions.set(session.name, session);
      return Promise.resolve(true);
    },
    replace(session) {
      if (sessions.get(session.name)?.revision !== session.revision - 1) return Promise.resolve(false);
      sessions.set(session.name, session);
      return Promise.resolve(true);
    },
    forget(name) {
      sessions.delete(name);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
