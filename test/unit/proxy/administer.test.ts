import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../../src/certificate.js';
import { evict, listSessions, type AdministratorOptions } from '../../../src/proxy/commands/administer.js';
import { startProxy } from '../../../src/proxy/server.js';
import type { SessionsAnswer } from '../../../src/satellite/protocol.js';
import { callApi } from '../../../src/proxy/client/calls.js';
import type { RunningProxy } from '../../../src/proxy/proxy-options.js';

const DOMAIN = 'admin.jupyter.localhost';

describe('an administrator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sj-admin-'));
  const events: Record<string, unknown>[] = [];
  let proxy: RunningProxy;
  let options: AdministratorOptions;
  let ca: string;

  beforeAll(async () => {
    const authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
    const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 2 });
    // Nobody is trusted but a host elsewhere: the administrator calls from the proxy's own machine.
    proxy = await startProxy({
      domain: DOMAIN,
      listen: { host: '127.0.0.1', port: 0 },
      certificates: [certificate],
      trustedNetworks: ['127.9.9.9/32'],
      allowLocalBackends: true,
      adminToken: 'the administrator’s token'.replace(/\W/g, '-'),
      log: (event, fields) => events.push({ event, ...fields }),
    });
    ca = authority.certificatePem;
    writeFileSync(join(folder, 'ca.pem'), ca);
    writeFileSync(join(folder, 'token'), 'the-administrator-s-token\n', { mode: 0o600 });
    writeFileSync(join(folder, 'wrong'), 'another\n', { mode: 0o600 });
    options = { to: `${DOMAIN}:${proxy.port}`, tokenFile: 'token', ca: 'ca.pem' };
  });
  afterAll(async () => {
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function said(run: (place: { folder: string; stdout: (text: string) => void }) => Promise<void>) {
    let text = '';
    await run({ folder, stdout: (more) => (text += more) });
    return text;
  }

  function reserve(): Promise<string> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify({ certificateSha256: 'c'.repeat(64), viewerKeySha256: 'e'.repeat(64) });
      const sent = request(
        {
          ...{
            host: '127.0.0.1',
            port: proxy.port,
            servername: `manage.${DOMAIN}`,
            localAddress: '127.9.9.9',
          },
          ...{ method: 'POST', path: '/api/v1/sessions', headers: { host: `manage.${DOMAIN}` } },
          ca,
        },
        (answer) => {
          let text = '';
          answer.on('data', (piece: Buffer) => (text += piece.toString()));
          answer.on('end', () => resolve((JSON.parse(text) as { name: string }).name));
        },
      );
      sent.on('error', reject).end(body);
    });
  }

  it('sees that there is nothing, then every session with who and where', async () => {
    expect(await said((place) => listSessions(options, place))).toBe('There are no sessions.\n');
    const name = await reserve();
    const shown = await said((place) => listSessions(options, place));
    expect(shown).toMatch(/^NAME +PROTOCOL +STATE +JOB +FROM +JUPYTER +CONNECTIONS +SINCE +UNTIL\n/);
    expect(shown).toMatch(new RegExp(`\\n${name} +v1 +reserved +- +127\\.9\\.9\\.9 +- +0 +20`));
    const { sessions } = JSON.parse(
      await said((place) => listSessions({ ...options, json: true }, place)),
    ) as SessionsAnswer;
    expect(sessions).toMatchObject([{ name, kind: 'v1', phase: 'reserved', connections: 0 }]);
    expect(JSON.stringify(sessions)).not.toMatch(/sha256/i);
  });

  it('ends one by its name or its URL; the log has who did it', async () => {
    const name = await reserve();
    const url = `https://${name.toUpperCase()}.${DOMAIN}/lab?x=1`;
    expect(await said((place) => evict(url, options, place))).toContain(`${name} has ended`);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'evict', session: name, source: '127.0.0.1' }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'ended', session: name, cause: 'evicted' }),
    );
    expect(await said((place) => listSessions(options, place))).not.toContain(name);
  });

  it.for<[string, AdministratorOptions, string, string]>([
    ['another token', { tokenFile: 'wrong' }, 'proxy-refused', 'administrator’s token'],
    ['no token', { tokenFile: undefined }, 'bad-option', '--token-file'],
    ['no place', { to: undefined }, 'bad-option', '--to'],
    ['a token that is not there', { tokenFile: 'nowhere' }, 'bad-configuration', 'cannot be read'],
    ['an authority that did not sign it', { ca: undefined }, 'proxy-untrusted', 'trusted'],
  ])('with %s is told so, and nothing is shown', async ([, changes, code, words]) => {
    const shown = said((place) => listSessions({ ...options, ...changes }, place));
    await expect(shown).rejects.toMatchObject({ code });
    await expect(shown).rejects.toThrow(words.replace('’', "'"));
  });

  it('is refused a token that every user may read', async () => {
    chmodSync(join(folder, 'wrong'), 0o644);
    const shown = said((place) => listSessions({ ...options, tokenFile: 'wrong' }, place));
    await expect(shown).rejects.toMatchObject({ code: 'bad-configuration' });
  });

  it('is told of a name that is none, and of one that is not there', async () => {
    await expect(said((place) => evict('../etc', options, place))).rejects.toMatchObject({
      code: 'bad-option',
    });
    await expect(said((place) => evict('no-such-name', options, place))).rejects.toThrow(
      'There is no session of this name',
    );
  });

  it('needs the token in every call', async () => {
    const service = { origin: new URL(`https://manage.${DOMAIN}:${proxy.port}`), ca };
    await expect(callApi(service, { method: 'GET', path: '/api/v1/sessions' })).rejects.toThrow(
      "administrator's token",
    );
  });
});
