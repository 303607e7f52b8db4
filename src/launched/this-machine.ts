/** Whether the machine that a command runs on can speak for a session that was launched on another one. */
import { hostname } from 'node:os';
import { fullHostName } from '../platform/host-name.js';

export interface ThisMachine {
  /** It is the very machine. */
  isHost(host: string | undefined): Promise<boolean>;
  /** It belongs to the same site: its scheduler is the one that the session's job was given to. */
  isSameSite(host: string | undefined): Promise<boolean>;
}

/** Asks for the full name once, and only where the short one does not decide already. */
export function thisMachine(env: NodeJS.ProcessEnv, signal?: AbortSignal): ThisMachine {
  let asked: Promise<string> | undefined;
  const full = (): Promise<string> => (asked ??= fullHostName(env, signal));
  const short = hostname();
  return {
    isHost: async (host) =>
      host !== undefined && firstLabel(host) === firstLabel(short) && sameName(host, await full()),
    isSameSite: async (host) =>
      host !== undefined &&
      withoutDigits(firstLabel(host)) === withoutDigits(firstLabel(short)) &&
      sameSite(host, await full()),
  };
}

/** `login01.hpc.example.org` and `login2.hpc.example.org` are login nodes of one site. Pure. */
export function sameSite(one: string, other: string): boolean {
  const [here, there] = [one, other].map(siteOf);
  return here === there;
}

function siteOf(host: string): string {
  const name = host.toLowerCase();
  const first = firstLabel(name);
  return withoutDigits(first) + name.slice(first.length);
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function firstLabel(host: string): string {
  return (host.split('.')[0] ?? host).toLowerCase();
}

function withoutDigits(label: string): string {
  return label.replace(/\d+/g, '');
}
