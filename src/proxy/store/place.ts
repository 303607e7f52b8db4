/** Where sessions are kept when nobody says it, and where else. */

const USUAL_FOLDER = '/var/lib/start-jupyter-proxy';

/** A folder, or undefined for memory. `configured` is the setting; systemd names its `StateDirectory=` in the environment. */
export function storeFolder(configured: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (configured === 'memory') return undefined;
  // Several state directories are joined by colons; the first is meant.
  return configured ?? (env['STATE_DIRECTORY']?.split(':')[0] || USUAL_FOLDER);
}
