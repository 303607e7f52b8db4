import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StartJupyterError } from '../../../../src/errors.js';
import { readConfiguration } from '../../../../src/proxy/configuration/proxy-yaml.js';
import { DEFAULT_LIMITS } from '../../../../src/proxy/limiting/limits.js';
import { givenOptions, readSettings } from '../../../../src/proxy/configuration/settings.js';
import { DEFAULT_LIFETIMES } from '../../../../src/proxy/registry/lifetimes.js';

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
    const { deniedPorts, ...settings } = settingsOf(LEAST);
    expect(settings).toEqual({
      domain: 'jupyter.example.org',
      listen: { host: '0.0.0.0', port: 443 },
      certificateFiles: [join(folder, 'tls', 'cert.pem')],
      keyFiles: [join(folder, 'tls', 'key.pem')],
      trustedNetworks: [],
      allowLocalBackends: false,
      jobStateSources: [],
      classic: true,
      allowPlainBackends: false,
      lifetimes: DEFAULT_LIFETIMES,
      limits: DEFAULT_LIMITS,
    });
    expect(deniedPorts).toContainEqual({ first: 6000, last: 6063 });
  });

  it('takes every key', () => {
    const all = `${LEAST}listen: '[::1]:8443'\npublic_port: 443\ntrusted_networks: [10.0.0.0/8, 'fd00::/8']
job_state_sources: 10.1.2.3/32\nclassic: false\nallow_plain_backends: true\nfeeder_secret_file: feeder\nstore: memory\n
metrics_listen: 9464\ndenied_ports: [8443, 9000-9010]\nreservation_lifetime: 10d\nmax_header_size: 8K\nmax_connections: 12\n
redirect_listen: 0.0.0.0:80\naudit_log: audit\nadmin_token_file: admin\nallow_local_backends: true\n`;
    expect(settingsOf(all)).toMatchObject({
      listen: { host: '::1', port: 8443 },
      publicPort: 443,
      trustedNetworks: ['10.0.0.0/8', 'fd00::/8'],
      jobStateSources: ['10.1.2.3/32'],
      classic: false,
      allowPlainBackends: true,
      feederSecretFile: join(folder, 'feeder'),
      store: 'memory',
      metricsListen: { host: '127.0.0.1', port: 9464 },
      deniedPorts: [
        { first: 8443, last: 8443 },
        { first: 9000, last: 9010 },
      ],
      lifetimes: { ...DEFAULT_LIFETIMES, linked: 10 * 86_400_000 },
      limits: { ...DEFAULT_LIMITS, maxHeaderSize: 8192, maxConnections: 12 },
      redirectListen: { host: '0.0.0.0', port: 80 },
      auditLogFile: join(folder, 'audit'),
      adminTokenFile: join(folder, 'admin'),
      allowLocalBackends: true,
    });
    expect(settingsOf(`${LEAST}store: state\n`).store).toBe(join(folder, 'state'));
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
    ['store: [a, b]', 4, 'store', 'memory'],
    ['denied_ports: [70000]', 4, 'denied_ports', 'ports'],
    ['idle_timeout: 3600', 4, 'idle_timeout', '30s'],
    // More than a timer takes: it would be over at once.
    ['answer_timeout: 25d', 4, 'answer_timeout', '24d at most'],
    ['max_body_size: many', 4, 'max_body_size', '16K'],
    ['max_connections: 0', 4, 'max_connections', 'whole number'],
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

describe('certificates and keys', () => {
  it('belong together in pairs', () => {
    const lists = 'domain: a.b\ncertificate: [ec.pem, rsa.pem]\nkey: [ec.key, rsa.key]\n';
    expect(settingsOf(lists)).toMatchObject({
      certificateFiles: [join(folder, 'ec.pem'), join(folder, 'rsa.pem')],
      keyFiles: [join(folder, 'ec.key'), join(folder, 'rsa.key')],
    });
    const error = errorOf(lists.replace(', rsa.key', ''));
    expect(error.message).toBe(`${file}:3: key: there are 2 certificates and 1 keys.`);
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
    expect(settings.keyFiles[0]).toMatch(/elsewhere.my\.key$/);
  });

  it('are named in their errors, as a matter of usage', () => {
    const error = errorOf(LEAST, { job_state_sources: ['nowhere'] });
    expect([error.code, error.message]).toEqual([
      'bad-option',
      '--job-state-source: ["nowhere"] will not do.',
    ]);
  });
});
