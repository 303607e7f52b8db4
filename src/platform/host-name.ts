/** What this machine is called. */
import { hostname } from 'node:os';
import { run } from './process.js';

/** A resolver that does not answer must not hold up a launch. */
const LIMIT_MS = 2000;

/** With its domain where that can be told, else the short name: what `hostname -f` prints. Never throws. */
export async function fullHostName(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const name = hostname();
  if (name.includes('.') || process.platform === 'win32') return name;
  const result = await run('hostname', ['-f'], { env, timeoutMs: LIMIT_MS, ...(signal ? { signal } : {}) });
  const full = result.stdout.trim();
  return result.exitCode === 0 && /^[A-Za-z0-9.-]+$/.test(full) ? full : name;
}

/** The same for another machine, as this one's resolver has it. */
export async function fullNameOf(
  name: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  if (name.includes('.') || process.platform === 'win32') return name;
  const ways = { env, timeoutMs: LIMIT_MS, ...(signal ? { signal } : {}) };
  const result = await run('getent', ['hosts', '--', name], ways);
  const [, ...names] = (result.stdout.split('\n')[0] ?? '').split(/\s+/);
  return names.find((one) => /^[A-Za-z0-9][\w-]*\.[\w.-]+$/.test(one)) ?? name;
}
