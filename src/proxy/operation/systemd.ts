/** Listening sockets that systemd opened and handed over (sd_listen_fds(3)). */
import { StartJupyterError } from '../../errors.js';
import type { Place } from '../proxy-options.js';

export interface HandedSockets {
  https?: Place;
  /** For the redirect. */
  http?: Place;
}

/** The first of them, always. */
const FIRST_DESCRIPTOR = 3;
const MAX_SOCKETS = 16;

/**
 * What was handed to the process of this id, and nothing when it was meant for another one or there is none. The
 * variables are taken out of `env`, since they would mislead programs that are started from here. Throws
 * StartJupyterError('bad-configuration') for sockets of which nobody knows what they are for.
 */
export function takeSockets(env: NodeJS.ProcessEnv, pid: number): HandedSockets {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = env;
  delete env['LISTEN_PID'];
  delete env['LISTEN_FDS'];
  delete env['LISTEN_FDNAMES'];
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return {};
  const count = Number(LISTEN_FDS);
  if (!Number.isInteger(count) || count < 0 || count > MAX_SOCKETS) {
    throw unclear(`LISTEN_FDS is ${JSON.stringify(LISTEN_FDS)}`);
  }
  const names = LISTEN_FDNAMES.split(':');
  const handed: HandedSockets = {};
  for (let index = 0; index < count; index++) {
    const name = names[index] ?? '';
    // A single one without a name of its own is named after its unit, or "unknown".
    const purpose = name === 'http' || name === 'https' ? name : count === 1 ? 'https' : undefined;
    if (!purpose) throw unclear(`one is called ${JSON.stringify(name)}`);
    if (handed[purpose]) throw unclear(`two are called ${purpose}`);
    handed[purpose] = { descriptor: FIRST_DESCRIPTOR + index };
  }
  return handed;
}

function unclear(why: string): StartJupyterError {
  return new StartJupyterError(
    'bad-configuration',
    `The sockets that systemd handed over cannot be told apart: ${why}.`,
    {
      hint: 'Each socket unit says what it is for: FileDescriptorName=https, or http for the redirect; one ListenStream= each.',
    },
  );
}
