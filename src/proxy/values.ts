/** How each kind of setting is read, from YAML's values and from the command line's texts alike. */
import { resolve } from 'node:path';
import { parseNetworks } from './control/networks.js';

export interface Reader<T> {
  /** Undefined for what will not do. */
  read: (value: unknown, folder: string) => T | undefined;
  /** In words. */
  expected: string;
}

/** At least two labels: clients refuse a wildcard right under a top-level name, and under localhost. */
const DOMAIN_PATTERN =
  /^(?!.{200})[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;

export const domainName: Reader<string> = {
  read: (value) => {
    const text = typeof value === 'string' ? value.toLowerCase() : '';
    return DOMAIN_PATTERN.test(text) ? text : undefined;
  },
  expected: 'a domain name of two or more parts, such as jupyter.example.org or jupyter.localhost',
};

export const portNumber: Reader<number> = {
  read: (value) => {
    const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
    return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined;
  },
  expected: 'a port from 1 to 65535',
};

export const hostAndPort: Reader<{ host: string; port: number }> = {
  read: (value) => {
    const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(String(value)) ?? [];
    const host = inBrackets ?? plain;
    return host === undefined || Number(port) > 65535 ? undefined : { host, port: Number(port) };
  },
  expected: 'HOST:PORT, such as 0.0.0.0:443, 127.0.0.1:8443 or [::]:443 (port 0: any free one)',
};

export const path: Reader<string> = {
  read: (value, folder) => (typeof value === 'string' && value !== '' ? resolve(folder, value) : undefined),
  expected: 'the path of a file',
};

export const networks: Reader<string[]> = {
  read: (value) => {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    const texts = list.filter((item) => typeof item === 'string');
    return texts.length === list.length && texts.every(isNetwork) ? texts : undefined;
  },
  expected: 'networks in CIDR notation, such as 10.21.0.0/16, fd00:1::/64 or 192.0.2.7/32',
};

export const trueOrFalse: Reader<boolean> = {
  read: (value) => {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  },
  expected: 'true or false',
};

export const storeName: Reader<'memory'> = {
  read: (value) => (value === 'memory' ? value : undefined),
  expected: 'memory',
};

function isNetwork(text: string): boolean {
  try {
    parseNetworks([text]);
    return true;
  } catch {
    return false;
  }
}
