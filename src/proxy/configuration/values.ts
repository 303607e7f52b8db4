/** How each kind of setting is read, from YAML's values and from the command line's texts alike. */
import { resolve } from 'node:path';
import { parseNetworks } from '../network/addresses.js';
import type { PortRange } from '../proxy-options.js';
import type { Reader } from './reader.js';

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
    const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(textOf(value)) ?? [];
    const host = inBrackets ?? plain;
    return host === undefined || Number(port) > 65535 ? undefined : { host, port: Number(port) };
  },
  expected: 'HOST:PORT, such as 0.0.0.0:443, 127.0.0.1:8443 or [::]:443 (port 0: any free one)',
};

export const path: Reader<string> = {
  read: (value, folder) => (typeof value === 'string' && value !== '' ? resolve(folder, value) : undefined),
  expected: 'the path of a file',
};

/** One value or several of a kind; what is one in YAML may stand without its list. */
function listOf<T>(item: Reader<T>, expected: string): Reader<T[]> {
  return {
    read: (value, folder) => {
      const list: unknown[] = Array.isArray(value) ? value : [value];
      const items = list.map((one) => item.read(one, folder)).filter((one) => one !== undefined);
      return items.length === list.length && items.length > 0 ? items : undefined;
    },
    expected,
  };
}

export const paths = listOf(path, 'the path of a file, or a list of them');

const network: Reader<string> = {
  read: (value) => (typeof value === 'string' && isNetwork(value) ? value : undefined),
  expected: 'a network in CIDR notation',
};

export const networks: Reader<string[]> = {
  read: (value, folder) =>
    Array.isArray(value) && value.length === 0 ? [] : listOf(network, '').read(value, folder),
  expected: 'networks in CIDR notation, such as 10.21.0.0/16, fd00:1::/64 or 192.0.2.7/32',
};

export const trueOrFalse: Reader<boolean> = {
  read: (value) => {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  },
  expected: 'true or false',
};

/** `memory`, or the absolute path of a folder. */
export const storePlace: Reader<string> = {
  read: (value, folder) => (value === 'memory' ? value : path.read(value, folder)),
  expected: 'memory, or the path of a folder (./memory for one of that name)',
};

/** A port alone is one of this machine's loopback. */
export const loopbackOr: Reader<{ host: string; port: number }> = {
  read: (value, folder) => {
    const port = portNumber.read(value, folder);
    return port === undefined ? hostAndPort.read(value, folder) : { host: '127.0.0.1', port };
  },
  expected: 'PORT (at 127.0.0.1) or HOST:PORT, such as 9464 or 10.21.0.2:9464',
};

const portRange: Reader<PortRange> = {
  read: (value) => {
    const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(textOf(value)) ?? [];
    const range = { first: Number(first), last: Number(last) };
    return range.first > 0 && range.first <= range.last && range.last < 65536 ? range : undefined;
  },
  expected: 'a port or a range of ports',
};

export const portRanges: Reader<PortRange[]> = {
  read: (value, folder) =>
    Array.isArray(value) && value.length === 0 ? [] : listOf(portRange, '').read(value, folder),
  expected: 'ports and ranges of ports, such as 6000-6063; [] for none',
};

const DURATION_UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };

/** In milliseconds. */
export const duration: Reader<number> = {
  read: (value) => {
    const [, count = '', unit = ''] = /^(\d{1,6})\s*([smhd])$/.exec(textOf(value)) ?? [];
    return Number(count) > 0 ? Number(count) * (DURATION_UNITS[unit] ?? NaN) : undefined;
  },
  expected: 'a time with its unit: 30s, 10m, 49h or 30d',
};

/** What a timer takes: Node's go up to 2^31 - 1 ms, and a longer one is over at once. In milliseconds. */
export const timerDuration: Reader<number> = {
  read: (value, folder) => {
    const time = duration.read(value, folder) ?? Infinity;
    return time < 2 ** 31 ? time : undefined;
  },
  expected: 'a time with its unit, 30s, 10m or 1h, and 24d at most',
};

const SIZE_UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 * 1024 };

/** In bytes. */
export const size: Reader<number> = {
  read: (value) => {
    const [, count = '', unit = ''] = /^(\d{1,9})([KM]?)$/.exec(textOf(value)) ?? [];
    return Number(count) > 0 ? Number(count) * (SIZE_UNITS[unit] ?? NaN) : undefined;
  },
  expected: 'a size in bytes, or with K or M: 16K, 4M',
};

export const count: Reader<number> = {
  read: (value) => (/^[1-9]\d{0,8}$/.test(textOf(value)) ? Number(value) : undefined),
  expected: 'a whole number from 1',
};

/** A text or a number as a text; YAML has lists and maps as well, of which JavaScript would make texts, or throw. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isNetwork(text: string): boolean {
  try {
    parseNetworks([text]);
    return true;
  } catch {
    return false;
  }
}
