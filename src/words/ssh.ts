/** What is said where ssh leads to a session in the place of a proxy. */
import { sentence, StartJupyterError } from '../errors.js';
import { toStartAgain } from './next-steps.js';
import { notTogether } from './options.js';
import { reasonInWords } from './reasons.js';

export function endpointWithSsh(connect: string, endpoint: string): StartJupyterError {
  return notTogether(`${connect} ssh`, endpoint, 'With ssh there is no proxy. Leave one of them out.');
}

export function onlyWithSsh(option: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} says something about ssh, but a proxy leads there.`, {
    hint: 'Leave it out, or add --connect ssh.',
  });
}

export function wayNotAllowed(way: string, allowed: readonly string[], system: string): StartJupyterError {
  const offered = allowed.length === 0 ? 'none' : allowed.join(', ');
  return new StartJupyterError('bad-option', `--ssh-way ${way} is not offered on ${system}.`, {
    hint: `Its configuration offers: ${offered} (ssh_ways in systems.yaml). Without --ssh-way the first one that works is taken.`,
  });
}

export function wayTooNew(): StartJupyterError {
  return new StartJupyterError('bad-option', 'This Jupyter is too old for --ssh-way socket.', {
    hint: 'It needs Notebook 6.1 or jupyter_server 1.10, or newer. Use --ssh-way loopback, or leave it out.',
  });
}

export function noWayLeft(system: string, allowed: readonly string[]): StartJupyterError {
  if (allowed.length === 0) {
    return new StartJupyterError(
      'bad-configuration',
      `${system} offers no way for ssh: its ssh_ways is empty.`,
      {
        hint: 'Name at least one in systems.yaml: socket, loopback or address.',
      },
    );
  }
  return new StartJupyterError(
    'bad-configuration',
    `${system} lets ssh lead to a socket only, and this Jupyter is too old for that or was not looked at.`,
    {
      hint: 'It needs Notebook 6.1 or jupyter_server 1.10, or newer; or add loopback to ssh_ways in systems.yaml.',
    },
  );
}

export function noSsh(id: string): string {
  return `This session needs no ssh: its link works as it is. To see it: start-jupyter url ${id}`;
}

/** Before anything can be shown. */
export function submittedForSsh(id: string): string {
  return `How to get there is known once the notebook is ready: start-jupyter connect ${id}`;
}

export function openedElsewhere(): string {
  return '--open has no effect with ssh: the link opens in the browser of your own computer.';
}

/** `does`: what the session does instead, in a sentence. */
export function notReadyForSsh(id: string, does = 'Its notebook is still being started.'): StartJupyterError {
  return new StartJupyterError('still-waiting', `There is no way to it yet. ${does}`, {
    hint: `To wait until it is ready: start-jupyter wait ${id}\nThen: start-jupyter connect ${id}`,
  });
}

export function queuedForSsh(reason: string | undefined): string {
  const words = reasonInWords(reason);
  return words === undefined
    ? 'Its job waits in the queue.'
    : sentence(`Its job waits in the queue: ${words}`);
}

export function tokenGone(id: string): StartJupyterError {
  return new StartJupyterError('session-ended', 'This session has ended, or is just ending.', {
    hint: `What became of it: start-jupyter status ${id}\n${toStartAgain(id)}`,
  });
}

export function badReady(file: string): StartJupyterError {
  return new StartJupyterError('bad-record', `What the job says of itself cannot be used: ${file}`, {
    hint: 'It may have been changed or cut off. Stop the session and start it again.',
  });
}

export const STEP_ONE = 'On your own computer, in a terminal (on Windows: PowerShell), run:';
export const STEP_TWO = 'Then open this in the browser there:';

export interface SshFacts {
  id: string;
  way: 'socket' | 'loopback' | 'address';
  /** The host that ssh logs in to, and the node behind it where that is another one. */
  host: string;
  node?: string;
  localPort: number;
  /** The session's certificate, where the browser sees TLS. */
  certificate?: string;
}

/** What a person has to know who has never done this. */
export function aboutTheTunnel({ id, way, host, node, localPort, certificate }: SshFacts): string {
  const hosts = node === undefined ? host : `${host}, then ${node}`;
  const lines = [
    `ssh asks as it does when you log in: the first time whether you trust ${hosts} ("yes"), and for your password. Then it says nothing more: leave it running. Ctrl-C there closes the way, not the notebook.`,
  ];
  if (certificate !== undefined) {
    lines.push(
      `Your browser will warn about the certificate, because it was made for this session alone: choose "Advanced" and go on. Or copy this file from the cluster and let the browser trust it: ${certificate}`,
    );
  }
  lines.push(
    '',
    `If ssh says that the port is in use on your computer: start-jupyter connect ${id} --local-port ${localPort + 1}`,
  );
  if (way !== 'address') {
    const next = way === 'socket' ? 'loopback' : 'address';
    lines.push(`If the page stays empty and ssh says "open failed": start again with --ssh-way ${next}`);
  }
  return lines.join('\n');
}

/** Below that, of one that goes on when its launch is done. */
export function goesOn(id: string): string {
  return `To see this again: start-jupyter connect ${id}\nTo end it early: start-jupyter stop ${id}`;
}

/** A name that only the cluster may know. */
export function shortHost(host: string): string {
  return `${host} may not be known outside: if ssh does not find it, put the name there that you log in with. (Your site can say it: ssh_host in systems.yaml.)`;
}

/** For --info. */
export function reachedBySsh(ways: readonly string[], host: string | undefined): string {
  return `ssh through ${host ?? 'the host where this is typed'}, to the first of these that its node offers: ${ways.join(', ')}`;
}

/** For the doctor. */
export const SSH_LABEL = 'Login host';

export function noProxyNeeded(): string {
  return 'none is needed: ssh leads to the notebooks';
}

export function hostKnown(host: string): string {
  return `ssh goes through ${host}`;
}

export function hostUnknown(host: string): { text: string; hint: string } {
  return {
    text: `${host} is not known here by that name`,
    hint: 'It may be known outside all the same. It is ssh_host in systems.yaml: the name that people log in with.',
  };
}

export function hostShort(host: string): { text: string; hint: string } {
  return {
    text: `${host} is a name without a domain, which may not be known outside`,
    hint: 'Name the host that people log in with: "ssh_host:" in systems.yaml.',
  };
}
