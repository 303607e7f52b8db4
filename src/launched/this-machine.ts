/** Whether the machine that a command runs on can speak for a session that was launched on another one. */
import { fullHostName } from '../platform/host-name.js';

export interface ThisMachine {
  /** It is the very machine. */
  isHost(host: string | undefined): Promise<boolean>;
  /** It belongs to the same site: its scheduler is the one that the session's job was given to. */
  isSameSite(host: string | undefined): Promise<boolean>;
}

/** Asks for its name once, and only where it matters. */
export function thisMachine(env: NodeJS.ProcessEnv, signal?: AbortSignal): ThisMachine {
  let asked: Promise<string> | undefined;
  const name = (): Promise<string> => (asked ??= fullHostName(env, signal));
  return {
    isHost: async (host) => host !== undefined && host.toLowerCase() === (await name()).toLowerCase(),
    isSameSite: async (host) => host !== undefined && sameSite(host, await name()),
  };
}

/** `login01.hpc.example.org` and `login2.hpc.example.org` are login nodes of one site. Pure. */
export function sameSite(one: string, other: string): boolean {
  const [here, there] = [one, other].map(siteOf);
  return here === there;
}

function siteOf(host: string): string {
  const [first = '', ...domain] = host.toLowerCase().split('.');
  return [first.replace(/\d+/g, ''), ...domain].join('.');
}
