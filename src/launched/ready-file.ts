/** `ready.json`: where Jupyter answers, as its job says it. */
import { parseObject } from '../session/parse-object.js';
import { SSH_WAYS, type SshWay } from '../site/schema.js';

/** Undefined while it is being written. Whatever else is in it, that it is there says that Jupyter has answered. */
export function readyNode(json: string): string | undefined {
  const value = parseObject(json);
  if (value === undefined) return undefined;
  // A longer one is no name of a host.
  return typeof value['node'] === 'string' ? value['node'].slice(0, 255) : '';
}

/** To where ssh leads. */
export interface ReadySsh {
  node: string;
  way: SshWay;
  /** What ssh leads to there: a path, or HOST:PORT. */
  target: string;
}

/** Undefined where one of its parts cannot be: they go into a command line that somebody types. */
export function parseReady(json: string): ReadySsh | undefined {
  const value = parseObject(json);
  if (value === undefined) return undefined;
  const { node, address, port, socket } = value;
  const way = SSH_WAYS.find((one) => one === value['way']);
  if (way === undefined || !isHost(node)) return undefined;
  if (way === 'socket') return isSocket(socket) ? { node, way, target: socket } : undefined;
  if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535) return undefined;
  if (way === 'loopback') return { node, way, target: `127.0.0.1:${String(port)}` };
  // On all of its addresses: then by the name that the login host knows.
  const at = isHost(address) && address !== '0.0.0.0' ? address : node;
  return { node, way, target: `${at}:${String(port)}` };
}

function isHost(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9][\w.-]{0,254}$/.test(value);
}

function isSocket(value: unknown): value is string {
  return typeof value === 'string' && /^\/[\w./-]{1,100}$/.test(value);
}
