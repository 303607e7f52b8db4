/** Addresses and networks, in every notation that they come in. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { StartJupyterError } from '../../errors.js';

export interface Networks {
  /** As they were written, joined by a space: for messages. */
  readonly text: string;
  /** Whether one of them holds this address, in any notation that Node uses for a socket's. */
  includes(address: string | undefined): boolean;
}

/**
 * Reads networks in CIDR notation: `10.0.0.0/8`, `fd00::/8`, `127.0.0.1/32`; an address alone is a network of one.
 * Throws StartJupyterError('bad-configuration') for anything else.
 */
export function parseNetworks(texts: readonly string[]): Networks {
  // One list would find an IPv4 address in an IPv6 network that holds ::ffff:0:0/96.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of texts) {
    const { address, prefix, family } = parseNetwork(text);
    lists[family].addSubnet(address, prefix, family);
  }
  return {
    text: texts.join(' '),
    includes(address) {
      const plain = plainAddress(address ?? '');
      const family = familyOf(plain);
      return family !== undefined && lists[family].check(plain, family);
    },
  };
}

type Family = 'ipv4' | 'ipv6';

function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return 'ipv4';
  return isIPv6(address) ? 'ipv6' : undefined;
}

interface Network {
  address: string;
  prefix: number;
  family: Family;
}

function parseNetwork(text: string): Network {
  const [, written = '', prefixText] = /^([^/%]*)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const mapped = isIPv6(written) && plainAddress(written) !== written;
  const address = mapped ? plainAddress(written) : written;
  const family = familyOf(address);
  if (!family) throw badNetwork(text, 'that is not an IP address');
  const bits = family === 'ipv4' ? 32 : 128;
  // The first 96 bits of a mapped address only say that it is one.
  const prefix = prefixText === undefined ? bits : Number(prefixText) - (mapped ? 96 : 0);
  if (prefix < 0 || prefix > bits) {
    throw badNetwork(text, `the number after / must be ${mapped ? 96 : 0} to ${mapped ? 128 : bits}`);
  }
  return { address, prefix, family };
}

function badNetwork(text: string, why: string): StartJupyterError {
  return new StartJupyterError(
    'bad-configuration',
    `${JSON.stringify(text)} is not a network in CIDR notation: ${why}.`,
    {
      hint: 'Write an address and the number of its leading bits that count: 10.21.0.0/16, fd00:1::/64, 192.0.2.7/32.',
    },
  );
}

/** An IPv4-mapped IPv6 address as IPv4, and any address without its zone (`%eth0`); else as it is. */
export function plainAddress(address: string): string {
  const unzoned = address.replace(/%.*$/, '');
  if (!isIPv6(unzoned)) return unzoned;
  // The URL parser writes every notation of an IPv6 address in the same way.
  const [, high, low] =
    /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${unzoned}]`).hostname) ?? [];
  if (high === undefined || low === undefined) return unzoned;
  const [upper, lower] = [parseInt(high, 16), parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

/** Loopback, or one of this machine's addresses as they are now. */
export function isOwnAddress(address: string): boolean {
  return (
    isLoopback(address) || address === '::' || address.startsWith('0.') || ownAddresses().includes(address)
  );
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Of every interface, loopback's too. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => plainAddress(address)) ?? [],
  );
}

/** `ADDRESS:PORT`, as it stands in a URL: an IPv6 address in brackets. */
export function placeText({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
