import { describe, expect, it } from 'vitest';
import { endpointOf, parseEndpoint } from '../../../src/launch/endpoint.js';
import type { LaunchOptions } from '../../../src/launch/options.js';
import type { Prepared } from '../../../src/launch/prepare.js';

describe('an endpoint', () => {
  it.each([
    ['jupyter.example.org', 'jupyter.example.org', 443],
    ['jupyter.example.org:8443', 'jupyter.example.org', 8443],
    ['Jupyter.Example.ORG:1', 'jupyter.example.org', 1],
    ['jupyter.localhost:65535', 'jupyter.localhost', 65535],
    ['host', 'host', 443],
    ['managed.example.org', 'managed.example.org', 443],
  ])('%s', (text, domain, port) => {
    expect(parseEndpoint(text)).toEqual({ domain, port });
  });

  it.each([
    'https://jupyter.example.org',
    'jupyter.example.org/',
    'manage.jupyter.example.org',
    'Manage.jupyter.example.org',
    'user@jupyter.example.org',
    'jupyter.example.org:',
    'jupyter.example.org:0',
    'jupyter.example.org:65536',
    'jupyter.example.org:x',
    '10.0.0.1',
    '127.0.0.1:8443',
    '7',
    '[::1]:443',
    '-x.example.org',
    'a..b',
    'a b',
    'a\nb.example.org',
    '$(id).example.org',
    '.',
    ' ',
    'x'.repeat(64),
    'abc.'.repeat(50) + 'de',
  ])('is not %j', (text) => {
    expect(() => parseEndpoint(text)).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: `${JSON.stringify(text)} is no endpoint.`,
        hint: expect.stringContaining('jupyter.example.org:8443') as string,
      }),
    );
  });
});

describe('the proxy of a launch', () => {
  const prepared = (facts: { endpoint?: string; kind?: string; ca?: string }) => {
    const { endpoint, kind = 'slurm', ca } = facts;
    const system = { name: 'hpc', values: { endpoint, protocol: 'auto' } };
    return { system, scheduler: { kind }, ...(ca ? { ca } : {}) } as unknown as Prepared;
  };
  const options = (endpoint?: { domain: string; port: number }) =>
    ({ ...(endpoint ? { endpoint } : {}) }) as LaunchOptions;

  it('is the system’s', () => {
    expect(endpointOf(options(), prepared({ endpoint: 'jupyter.example.org', ca: 'PEM' }))).toEqual({
      domain: 'jupyter.example.org',
      port: 443,
      protocol: 'auto',
      ca: 'PEM',
    });
  });

  it('is another one when somebody says so, also for this machine', () => {
    const other = { domain: 'other.example.org', port: 8443 };
    expect(endpointOf(options(other), prepared({ endpoint: 'jupyter.example.org' }))).toMatchObject(other);
    expect(endpointOf(options(other), prepared({ kind: 'local' }))).toMatchObject(other);
  });

  it('is one of our own on this machine', () => {
    expect(endpointOf(options(), prepared({ kind: 'local' }))).toBeUndefined();
  });

  it('has to be known on a cluster', () => {
    expect(() => endpointOf(options(), prepared({}))).toThrow(
      expect.objectContaining({
        code: 'bad-configuration',
        message: 'No proxy is known for the system hpc.',
        hint: expect.stringContaining('--endpoint') as string,
      }),
    );
  });
});
