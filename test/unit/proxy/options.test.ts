import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StartJupyterError } from '../../../src/errors.js';
import { readConfiguration } from '../../../src/proxy/configuration.js';
import { givenOptions, readSettings } from '../../../src/proxy/options.js';

const folder = mkdtempSync(join(tmpdir(), 'sj-options-'));
const file = join(folder, 'proxy.yaml');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function settingsOf(yaml: string, given: Parameters<typeof givenOptions>[0] = {}) {
  writeFileSync(file, yaml);
  return readSettings({ ...readConfiguration(file), ...givenOptions(given, '/elsewhere') });
}

function errorOf(yaml: string, given?: Parameters<typeof givenOptions>[0]): StartJupyterError {
  try {
    settingsOf(yaml, given);
  } catch (error) {
    if (error instanceof StartJupyterError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

const LEAST = 'domain: Jupyter.Example.org\ncertificate: tls/cert.pem\nkey: tls/key.pem\n';

describe('proxy.yaml', () => {
  it('needs little, and has defaults for the rest', () => {
    expect(settingsOf(LEAST)).toEqual({
      domain: 'jupyter.example.org',
      listen: { host: '0.0.0.0', port: 443 },
      publicPort: undefined,
      certificateFile: join(folder, 'tls', 'cert.pem'),
      keyFile: join(folder, 'tls', 'key.pem'),
      trustedNetworks: [],
      jobStateSources: [],
      classic: true,
      allowPlainBackends: false,
      feederSecretFile: undefined,
      store: 'memory',
    });
  });

  it('takes every key', () => {
    const all = `${LEAST}listen: '[::1]:8443'\npublic_port: 443\ntrusted_networks: [10.0.0.0/8, 'fd00::/8']
job_state_sources: 10.1.2.3/32\nclassic: false\nallow_plain_backends: true\nfeeder_secret_file: feeder\nstore: memory\n`;
    expect(settingsOf(all)).toMatchObject({
      listen: { host: '::1', port: 8443 },
      publicPort: 443,
      trustedNetworks: ['10.0.0.0/8', 'fd00::/8'],
      jobStateSources: ['10.1.2.3/32'],
      classic: false,
      allowPlainBackends: true,
      feederSecretFile: join(folder, 'feeder'),
    });
  });

  it.for([
    ['trusted_network: 10.0.0.0/8', 4, 'unknown key "trusted_network"', 'Did you mean trusted_networks?'],
    ['allow-plain-backend: true', 4, 'unknown key', 'Did you mean allow_plain_backends?'],
    ['\n# a comment\nlisten: 443', 6, 'listen: 443 will not do', 'HOST:PORT'],
    ['listen: localhost:99999', 4, 'listen', 'HOST:PORT'],
    ['public_port: 0', 4, 'public_port', '1 to 65535'],
    ['classic: yes please', 4, 'classic', 'true or false'],
    ['trusted_networks: [10.0.0.0/8, 10.0.0.0/33]', 4, 'trusted_networks', 'CIDR'],
    ['feeder_secret_file: [a, b]', 4, 'feeder_secret_file', 'path'],
    ['store: redis', 4, 'store', 'memory'],
    ['classic: true\nclassic: false', 5, 'unique', ''],
    ['listen: "unfinished', 5, 'closing', ''],
    ['listen: *:443', 4, 'anchor', 'quotes'],
  ] as const)('refuses %j with file and line', ([text, line, what, hint]) => {
    const error = errorOf(`${LEAST}${text}\n`);
    expect(error.code).toBe('bad-configuration');
    expect(error.message).toContain(`${file}:${line}: `);
    expect(error.message).toContain(what);
    expect(error.hint ?? '').toContain(hint);
  });

  it.for(['localhost', 'example', '*.example.org', 'a_b.example.org', '10', '"x.example.org/../"'])(
    'refuses %s as a domain',
    (domain) => {
      expect(errorOf(LEAST.replace(/domain: .*/, `domain: ${domain}`)).message).toContain(`${file}:1: `);
    },
  );

  it.for(['- a list', 'text', ''])('says what is missing in %j', (text) => {
    expect(errorOf(text).code).toBe('bad-configuration');
  });

  it('says so when it cannot be read', () => {
    expect(() => readConfiguration(join(folder, 'missing.yaml'))).toThrow(/missing\.yaml cannot be read/);
  });
});

describe('options', () => {
  it('stand in for the file’s keys, with paths from the working directory', () => {
    const given = { listen: '127.0.0.1:0', key: 'my.key', trusted_networks: ['192.0.2.7'], classic: 'false' };
    const settings = settingsOf(`${LEAST}trusted_networks: [10.0.0.0/8]\n`, given);
    expect(settings).toMatchObject({
      listen: { host: '127.0.0.1', port: 0 },
      trustedNetworks: ['192.0.2.7'],
      classic: false,
    });
    expect(settings.keyFile).toMatch(/elsewhere.my\.key$/);
  });

  it('are named in their errors, as a matter of usage', () => {
    const error = errorOf(LEAST, { job_state_sources: ['nowhere'] });
    expect([error.code, error.message]).toEqual([
      'bad-option',
      '--job-state-source: ["nowhere"] will not do.',
    ]);
  });
});
