import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { refuseTarget } from '../../../../src/proxy/control/targets.js';
import { DENIED_PORTS } from '../../../../src/proxy/limiting/limits.js';
import { portRanges } from '../../../../src/proxy/configuration/values.js';
import { CERTIFICATE } from '../registry/bed.js';
import { controlBed } from './bed.js';

const deniedPorts = portRanges.read(DENIED_PORTS, '/')!;
const SETTINGS = { allowLocalBackends: false, deniedPorts };
/** Addresses of this machine besides loopback, as they are now. */
const OWN = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
  .map(({ address }) => address);

describe('an address', () => {
  it.each(['127.0.0.1', '127.3.4.5', '::1', '::', '0.0.0.0', '', ...OWN])('%j is refused', (address) => {
    expect(refuseTarget({ address, port: 8888 }, SETTINGS)).toMatchObject({ code: 'address-refused' });
  });

  it.each(['127.0.0.1', '::1', ...OWN])('%j is taken where it is allowed', (address) => {
    const settings = { ...SETTINGS, allowLocalBackends: true };
    expect(refuseTarget({ address, port: 8888 }, settings)).toBeUndefined();
  });

  it('of nobody is refused even there: it would be this machine', () => {
    const settings = { ...SETTINGS, allowLocalBackends: true };
    expect(refuseTarget({ address: '', port: 8888 }, settings)).toMatchObject({ code: 'address-refused' });
  });

  it.each(['10.1.2.3', '192.0.2.77', '2001:db8::7'])('%j of a node is taken', (address) => {
    expect(refuseTarget({ address, port: 8888 }, SETTINGS)).toBeUndefined();
  });
});

describe('a port', () => {
  it.each([2049, 5432, 5900, 5999, 6000, 6063, 6817, 6820, 15004])('%d is refused', (port) => {
    expect(refuseTarget({ address: '10.1.2.3', port }, SETTINGS)).toMatchObject({ code: 'port-refused' });
  });

  it('is taken between those ranges, and wherever our own jobs take theirs', () => {
    for (const port of [1024, 5899, 6064, 6816, 6821, 8888, 49152, 65535]) {
      expect(refuseTarget({ address: '10.1.2.3', port }, SETTINGS)).toBeUndefined();
    }
    for (let port = 20_000; port < 32_768; port++) {
      if (refuseTarget({ address: '10.1.2.3', port }, SETTINGS)) throw new Error(`${port} is refused`);
    }
  });
});

describe('a redeem', () => {
  it('for a denied port is refused in either protocol, uses up no try, and another port is taken', async () => {
    const { call, reserve, getLink, registry, backends } = await controlBed({ deniedPorts });
    backends.certificates.set(4444, CERTIFICATE);
    const { name, redeemSecret: secret } = await reserve();
    const redeem = (port: number) =>
      call(`/api/v1/sessions/${name}/redeem`, { method: 'POST', secret, body: { port } });
    expect(await redeem(5432)).toMatchObject({ status: 422, json: { code: 'port-refused' } });
    expect(backends.verified).toBe(0);
    expect(registry.lookup(name)).toMatchObject({ phase: 'reserved', redeemTries: 0 });
    expect((await redeem(4444)).status).toBe(200);

    const token = await getLink();
    expect((await call(`/redeemtoken.cgi?token=${token}&port=5432`)).text).toMatch(
      /^Oops! That port belongs/,
    );
    expect((await call(`/redeemtoken.cgi?token=${token}&port=5433`)).text).toBe('Success!\n');
  });

  it.each(['127.0.0.1', ...OWN.slice(0, 2)])(
    "from the proxy's own machine by %s is refused with what would allow it",
    async (address) => {
      const everywhere = { includes: () => true, text: 'everywhere' };
      const settings = { allowLocalBackends: false, trustedNetworks: everywhere };
      const { call, reserve, getLink, registry, backends } = await controlBed(settings, {}, address);
      backends.certificates.set(4444, CERTIFICATE);
      const { name, redeemSecret: secret } = await reserve();
      const answer = await call(`/api/v1/sessions/${name}/redeem`, {
        method: 'POST',
        secret,
        body: { port: 4444 },
      });
      expect(answer).toMatchObject({ status: 422, json: { code: 'address-refused' } });
      expect(answer.text).toContain('allow_local_backends');
      const token = await getLink();
      const oops = await call(`/redeemtoken.cgi?token=${token}&port=4444`);
      expect(oops.text).toMatch(/^Oops! Your address is the proxy's own machine.*allow_local_backends/);
      expect(registry.lookup(token)?.phase).toBe('reserved');
      expect([backends.verified, backends.tethersTried]).toEqual([0, 0]);
    },
  );
});
