import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetworks, plainAddress } from '../../../../src/proxy/network/addresses.js';

describe('parseNetworks', () => {
  it.each([
    ['10.21.0.0/16', '10.21.255.255', '10.22.0.0'],
    ['192.0.2.7/32', '192.0.2.7', '192.0.2.8'],
    ['192.0.2.7', '192.0.2.7', '192.0.2.6'],
    ['0.0.0.0/0', '203.0.113.9', '2001:db8::1'],
    ['fd00:1::/64', 'fd00:1::ffff', 'fd00:1:0:1::1'],
    ['fd00:1:2::5', 'fd00:1:2:0::5', 'fd00:1:2::6'],
    ['::/0', '2001:db8::1', '10.0.0.1'],
    ['::ffff:10.0.0.0/104', '10.200.1.1', '11.0.0.1'],
    ['10.0.0.0/8', '::ffff:10.9.9.9', '::ffff:11.0.0.1'],
    ['10.0.0.0/8', '::FFFF:a09:909', '::10.9.9.9'],
    ['fe80::/10', 'fe80::1%eth0', 'fec0::1'],
  ])('%s holds %s and not %s', (network, inside, outside) => {
    const networks = parseNetworks([network]);
    expect([networks.includes(inside), networks.includes(outside)]).toEqual([true, false]);
  });

  it('holds nothing that is no address', () => {
    const all = parseNetworks(['0.0.0.0/0', '::/0']);
    expect([undefined, '', 'localhost', '10.0.0', '10.0.0.1.'].map((it) => all.includes(it))).not.toContain(
      true,
    );
    expect(parseNetworks([]).includes('127.0.0.1')).toBe(false);
  });

  it.each([
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    ' 10.0.0.1',
    '::ffff:10.0.0.0/95',
    'fe80::1%eth0/64',
    'example.edu',
  ])('refuses %j and says which it is', (text) => {
    expect(() => parseNetworks(['127.0.0.1', text])).toThrow(
      expect.objectContaining({
        code: 'bad-configuration',
        message: expect.stringContaining(JSON.stringify(text)) as string,
      }),
    );
  });

  it('holds what shares the leading bits, and nothing else', () => {
    const address = fc.nat(0xffffffff);
    const written = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
    const shared = (one: number, other: number) => Math.clz32(one ^ other);
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (base, other, prefix) => {
        const networks = parseNetworks([`${written(base)}/${prefix}`]);
        expect(networks.includes(written(other))).toBe(shared(base, other) >= prefix);
        const near = (base ^ (prefix === 0 ? 0 : 1 << (32 - prefix))) >>> 0;
        expect(networks.includes(written(near))).toBe(prefix === 0);
      }),
    );
  });
});

describe('plainAddress', () => {
  it.each([
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', ''],
  ])('%s is %s', (address, plain) => expect(plainAddress(address)).toBe(plain));
});
