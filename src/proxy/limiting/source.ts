import { plainAddress } from '../network/addresses.js';

/**
 * What limits count as one source: an IPv4 address; of IPv6 the first 64 bits, since every machine has as many addresses
 * as it likes below them.
 */
export function sourceOf(address: string | undefined): string {
  const plain = plainAddress(address ?? '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const between = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(between).fill('0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
