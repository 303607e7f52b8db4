/** How a person's own computer gets to a session by ssh: the command for its terminal and the link for its browser. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { startPath } from '../jupyter/server-choice.js';
import { readSmallFile } from '../session/small-file.js';
import type { SshWay } from '../site/schema.js';
import { badReady, tokenGone } from '../words/ssh.js';
import type { KnownSession } from './known-sessions.js';
import { parseReady, type ReadySsh } from './ready-file.js';

export interface Connection {
  way: SshWay;
  /** Where Jupyter runs, as the login host calls it. */
  node: string;
  /** The host that ssh logs in to: NAME or NAME:PORT. */
  host: string;
  /** ssh goes on from there to the node. */
  jumps: boolean;
  localPort: number;
  /** One line, the same for every shell. */
  command: string;
  /** With the token: opens the notebook. */
  url: string;
  /** What the browser sees, where that is TLS. */
  certificate?: string;
}

/**
 * Undefined: Jupyter has not said yet where it is.
 * @throws StartJupyterError 'session-ended', 'bad-record'
 */
export async function connectionOf(
  session: KnownSession,
  localPort = session.record.localPort ?? 8888,
  user = userName(),
): Promise<Connection | undefined> {
  const { record, directory } = session;
  const ready = await readReady(directory);
  if (ready === undefined) return undefined;
  const token = await readSmallFile(join(directory, 'token'));
  if (token === undefined) throw tokenGone(record.jobId ?? record.id);
  // It stands in a link that a person copies off the terminal.
  if (!/^[\w-]+$/.test(token.trim())) throw badReady(join(directory, 'token'));
  const { way, node } = ready;
  const host = record.sshHost ?? record.host ?? node;
  const jumps = way !== 'address' && !isSame(host, node);
  const scheme = way === 'address' ? 'https' : 'http';
  return {
    ...{ way, node, host, jumps, localPort },
    command: sshCommand({ user, host, localPort, target: ready.target, ...(jumps ? { node } : {}) }),
    url: `${scheme}://localhost:${localPort}/${startPath(record.server)}?token=${token.trim()}`,
    ...(way === 'address' ? { certificate: join(directory, 'certificate.pem') } : {}),
  };
}

export interface SshCommand {
  user: string;
  host: string;
  /** Behind the host; absent: the target is seen from the host itself. */
  node?: string;
  localPort: number;
  target: string;
}

/**
 * What OpenSSH 7.3 and newer understands on Linux, macOS and Windows. It needs no quotes in any shell, but for names of
 * accounts such as DOMAIN\user.
 */
export function sshCommand({ user, host, node, localPort, target }: SshCommand): string {
  const [name = '', port] = host.split(':');
  const jump = [...(port === undefined ? [] : ['-p', port]), quoted(`${user}@${name}`)];
  const through = node === undefined ? [] : ['-J', quoted(`${user}@${host}`)];
  const to = node === undefined ? jump : [quoted(`${user}@${node}`)];
  // Not localhost: for ssh that is 127.0.0.1 and ::1, and it goes on where only one of them is taken.
  const forward = ['-L', `127.0.0.1:${localPort}:${target}`];
  return ['ssh', '-N', '-o', 'ExitOnForwardFailure=yes', ...through, ...forward, ...to].join(' ');
}

/** Double quotes where they will do: cmd.exe knows no others. */
function quoted(text: string): string {
  if (/^[\w.@:+-]+$/.test(text)) return text;
  return /[$`"!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}

async function readReady(directory: string): Promise<ReadySsh | undefined> {
  const file = join(directory, 'ready.json');
  const json = await readSmallFile(file);
  if (json === undefined) return undefined;
  const ready = parseReady(json);
  if (ready === undefined) throw badReady(file);
  return ready;
}

/** Login nodes where jobs run themselves. Of an address no part is a name. */
function isSame(host: string, node: string): boolean {
  const [name = ''] = host.split(':');
  return name === node || (!/^[\d.]+$/.test(name) && name.split('.')[0] === node.split('.')[0]);
}

/** As the cluster knows the person; on their own computer it may be another one. */
function userName(): string {
  return userInfo().username;
}
