/** Every parser of what others write, with anything at all: it is understood as it should be, or refused in its own way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { StartJupyterError } from '../../../src/errors.js';
import { parseJobStates } from '../../../src/proxy/control/classic-job-states.js';
import { firstValue, Oops, present } from '../../../src/proxy/control/classic-parameters.js';
import { parseNetworks, plainAddress } from '../../../src/proxy/network/addresses.js';
import { carriesSecret } from '../../../src/proxy/control/caller.js';
import {
  parseEnding,
  parseFeed,
  parseLink,
  parseRedeem,
  parseReserve,
} from '../../../src/proxy/control/requests.js';
import { destinationOf } from '../../../src/proxy/data/server-name.js';
import { readConfiguration } from '../../../src/proxy/configuration/proxy-yaml.js';
import { isKey, KEYS } from '../../../src/proxy/configuration/keys.js';
import { givenOptions, readSettings } from '../../../src/proxy/configuration/settings.js';
import { readAccounts } from '../../../src/proxy/feeder/slurm.js';
import { serviceOrigin } from '../../../src/proxy/client/service.js';
import { chainOf } from '../../../src/proxy/data/certificates.js';
import { takeSockets } from '../../../src/proxy/operation/systemd.js';
import { readSlurmQueue } from '../../../src/proxy/feeder/slurm-queue.js';
import { sourceOf } from '../../../src/proxy/limiting/source.js';
import { ownersKey } from '../../../src/proxy/pages/viewer.js';
import { Refusal } from '../../../src/proxy/registry/refusal.js';
import { WORDS } from '../../../src/proxy/registry/names.js';
import * as values from '../../../src/proxy/configuration/values.js';
import {
  JOB_ID_PATTERN,
  NAME_PATTERN,
  SHA256_PATTERN,
  sha256Hex,
  viewerKey,
} from '../../../src/satellite/protocol.js';

const DOMAIN = 'jupyter.example.org';
const NOW = Date.parse('2026-03-01T12:00:00Z');
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ unit: 'grapheme' }));
const word = fc.constantFrom(...WORDS);
const name = fc.tuple(word, word, word).map((words) => words.join('-'));
/** Each letter as a capital or not. */
const inAnyCase = (of: string) =>
  fc
    .infiniteStream(fc.boolean())
    .map((capital) =>
      of.replace(/[a-z]/g, (letter) => (capital.next().value ? letter.toUpperCase() : letter)),
    );

/** A value, or undefined where it was refused as it has to be; anything else that is thrown fails the test. */
function taken<T>(
  parse: () => T,
  refusals: readonly (abstract new (...args: never[]) => Error)[],
): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (refusals.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

describe('a server name', () => {
  it('of a session, in any case and with a dot behind it or not, is that session’s', () => {
    fc.assert(
      fc.property(
        name.chain((of) => fc.tuple(fc.constant(of), inAnyCase(`${of}.${DOMAIN}`))),
        fc.constantFrom('', '.'),
        ([of, written], dot) => {
          expect(destinationOf(written + dot, DOMAIN)).toEqual({
            kind: 'session',
            name: of,
            host: `${of}.${DOMAIN}`,
          });
        },
      ),
    );
  });

  it('of any other form is control’s only by its one name, and a session’s only by the grammar of names', () => {
    const label = fc.oneof(
      text,
      name,
      fc.constantFrom('manage', '', '.', 'xn--manage-', '*', 'manage.manage'),
    );
    const host = fc.oneof(
      text,
      fc
        .tuple(
          label,
          fc.constantFrom(
            `.${DOMAIN}`,
            `.${DOMAIN}.`,
            `.${DOMAIN}..`,
            DOMAIN,
            `.evil.${DOMAIN}`,
            `.${DOMAIN}.evil.org`,
          ),
        )
        .map((parts) => parts.join('')),
      fc.constantFrom(undefined, false, null, 7),
    );
    fc.assert(
      fc.property(host, (given) => {
        const destination = destinationOf(given, DOMAIN);
        const plain = typeof given === 'string' ? given.toLowerCase().replace(/\.$/, '') : '';
        expect(destination.kind === 'control').toBe(plain === `manage.${DOMAIN}`);
        if (destination.kind === 'session') {
          expect(destination.name).toMatch(NAME_PATTERN);
          expect(plain).toBe(`${destination.name}.${DOMAIN}`);
        }
      }),
    );
  });
});

describe('networks and addresses', () => {
  it('any text is a network in CIDR notation or refused, and no text but an address is in one', () => {
    const written = fc.oneof(
      text,
      fc
        .tuple(
          fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended()),
          fc.oneof(
            fc.nat(200).map((bits) => `/${bits}`),
            fc.constantFrom('', '/', '/-1', '/1e1', '/0x8', ' /8'),
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(written, text, (network, caller) => {
        const parsed = taken(() => parseNetworks([network]), [StartJupyterError]);
        if (parsed) expect(isIP(network.replace(/\/.*$/, ''))).not.toBe(0);
        if (isIP(plainAddress(caller)) === 0)
          expect(parseNetworks(['0.0.0.0/0', '::/0']).includes(caller)).toBe(false);
      }),
    );
  });

  it('an IPv4 address is in the same networks when it is written as IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (base, caller, prefix) => {
        const networks = parseNetworks([`${base}/${prefix}`]);
        expect(networks.includes(`::ffff:${caller}`)).toBe(networks.includes(caller));
        expect(parseNetworks([`::ffff:${base}/${prefix + 96}`]).includes(caller)).toBe(
          networks.includes(caller),
        );
        // And an IPv6 network never holds it.
        expect(parseNetworks(['::/0']).includes(caller)).toBe(false);
      }),
    );
  });
});

describe('bodies of our own API', () => {
  const report = fc.record(
    {
      state: fc.oneof(fc.constantFrom('waiting', 'running', 'ended', 'unknown'), text),
      reason: fc.oneof(text, fc.jsonValue()),
      estimatedStart: fc.oneof(text, fc.jsonValue()),
      endsAt: fc.oneof(text, fc.date().map(String), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.dictionary(
      fc.constantFrom(
        'port',
        'endsAt',
        'jobId',
        'jobs',
        'viewerKeySha256',
        'certificateSha256',
        '__proto__',
        'constructor',
      ),
      fc.jsonValue(),
    ),
    fc.record({
      jobs: fc.dictionary(
        fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '17', '17_1', '17.server')),
        fc.oneof(report, fc.jsonValue()),
      ),
    }),
  );

  it('are understood as what the protocol says, or refused', () => {
    fc.assert(
      fc.property(body, (made) => {
        const value = JSON.parse(JSON.stringify(made)) as Record<string, unknown>;
        const reserve = taken(() => parseReserve(value), [Refusal]);
        if (reserve) expect(reserve.viewerKeySha256).toMatch(SHA256_PATTERN);
        const redeem = taken(() => parseRedeem(value, NOW), [Refusal]);
        if (redeem?.endsAt !== undefined) expect(redeem.endsAt).toBeGreaterThan(NOW);
        const ending = taken(() => parseEnding(value, NOW), [Refusal]);
        if (ending) expect(typeof ending.near).toBe('boolean');
        const link = taken(() => parseLink(value), [Refusal]);
        if (link) expect(link.jobId).toMatch(JOB_ID_PATTERN);
        const feed = taken(() => parseFeed(value), [Refusal]);
        for (const [id, job] of feed ?? []) {
          expect(id).toMatch(JOB_ID_PATTERN);
          expect(['waiting', 'running', 'ended', 'unknown']).toContain(job.state);
          expect(job.reason?.length ?? 0).toBeLessThanOrEqual(200);
          for (const date of [job.endsAt, job.estimatedStart]) {
            if (date !== undefined) expect(new Date(date).toISOString()).toMatch(/^[-+]?\d{4,6}-/);
          }
        }
        expect(({} as Record<string, unknown>)['state']).toBeUndefined();
      }),
    );
  });

  it('and their secret is the one that was given out, letter by letter', () => {
    const secret = fc.base64String({ minLength: 4 }).map((given) => given.replaceAll('=', '-'));
    const request = (authorization?: string) =>
      ({ headers: { authorization } }) as unknown as IncomingMessage;
    fc.assert(
      fc.property(
        secret,
        fc.oneof(text, secret, fc.constantFrom('', 'undefined', 'null', '0'.repeat(64))),
        (own, other) => {
          expect(carriesSecret(request(`Bearer ${own}`), sha256Hex(own))).toBe(true);
          if (other.trim() !== own)
            expect(carriesSecret(request(`Bearer ${other}`), sha256Hex(own))).toBe(false);
          expect(carriesSecret(request(other), sha256Hex(own))).toBe(false);
          for (const given of [own, other, ''])
            expect(carriesSecret(request(`Bearer ${given}`), undefined)).toBe(false);
          for (const empty of [undefined, '', 'Bearer', 'Bearer ', 'Basic Og=='])
            expect(carriesSecret(request(empty), sha256Hex(''))).toBe(false);
        },
      ),
    );
  });
});

describe('classic parameters and job states', () => {
  it('have the first value of a name, and nothing and 0 count as missing', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('token', 'port'), (form, parameter) => {
        const value = firstValue(form, parameter);
        const found = taken(() => present(value, parameter), [Oops]);
        expect(found === undefined).toBe(value === undefined || value === '' || value === '0');
      }),
    );
  });

  it('are job ids and known states, a line each', () => {
    const line = fc.tuple(
      fc.oneof(text, fc.nat().map(String)),
      fc.constantFrom(' ', '\t', '', '   '),
      fc.oneof(
        text,
        fc.constantFrom(
          'R',
          'PD',
          'RUNNING',
          'CA',
          'CANCELLED by 0',
          'COMPLETED',
          '__proto__',
          'constructor',
          'toString',
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(line.map((parts) => parts.join(''))), (lines) => {
        const jobs = parseJobStates(lines.join('\n'));
        expect(jobs.size).toBeLessThanOrEqual(lines.join('\n').split('\n').length);
        for (const [id, { state }] of jobs) {
          expect(id).toMatch(/^[-A-Za-z0-9._]+$/);
          expect(['waiting', 'running', 'ended', 'unknown']).toContain(state);
        }
      }),
    );
  });
});

describe('a listing of squeue', () => {
  const SEPARATOR = '\x1f';
  const states = fc.constantFrom(
    'PENDING',
    'RUNNING',
    'COMPLETED',
    'CANCELLED',
    'SUSPENDED',
    'NOVEL_STATE',
    '__proto__',
  );
  const id = fc.oneof(
    fc.nat().map(String),
    fc.constantFrom('17_3', '17_[1-4:2%1]', '17_[1-', '17+1', '17_[0-9:0]'),
  );
  const dates = fc.oneof(fc.constantFrom('N/A', '', '2026-03-01T12:00:00', '9999-99-99T99:99:99'), text);
  const line = fc
    .tuple(id, fc.constant('17'), fc.constant('17'), states, text, dates, dates)
    .map((fields) => fields.join(SEPARATOR));

  it('gives reports of the protocol, and says when it did not understand a line', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(line, text)), fc.constantFrom('\n', ''), id, (lines, end, asked) => {
        const queue = readSlurmQueue(lines.join('\n') + end, NOW);
        expect(queue.complete).toBe(queue.passedOver === 0);
        if (end === '' && lines.length > 0 && lines.at(-1) !== '') expect(queue.complete).toBe(false);
        for (const jobId of [asked, '17', '17_3', 'constructor', '']) {
          const report = queue.reportOf(jobId);
          // Control takes what the feeder sends.
          if (report) expect(parseFeed({ jobs: { '17': report } }).get('17')?.state).toBe(report.state);
        }
      }),
    );
  });
});

describe('what counts as one source', () => {
  it('is an IPv4 address, and the first 64 bits of IPv6, in any notation', () => {
    const group = fc.nat(0xffff).map((bits) => bits.toString(16));
    const address = fc.array(group, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(address, address, fc.ipV4(), (one, other, four) => {
        const sibling = [...one.slice(0, 4), ...other.slice(4)].join(':');
        expect(sourceOf(sibling)).toBe(sourceOf(one.join(':')));
        const same = one.slice(0, 4).join(':') === other.slice(0, 4).join(':');
        expect(sourceOf(one.join(':')) === sourceOf(other.join(':'))).toBe(same);
        expect(sourceOf(`::ffff:${four}`)).toBe(sourceOf(four));
        expect(sourceOf(four)).not.toBe(sourceOf(one.join(':')));
      }),
    );
  });
});

describe('the viewer key of a request', () => {
  const owners = viewerKey('the-token');
  const token = fc.oneof(text, fc.constantFrom('the-token', owners, sha256Hex(owners)));
  const query = fc.constantFrom(
    '/?token=',
    '/lab?a=b&token=',
    '/#?token=',
    '?',
    '/?&&token&token=',
    '/?token=x&token=',
  );
  const url = fc.oneof(
    text,
    fc.tuple(query, token).map((parts) => parts.join('')),
  );
  const cookie = fc.tuple(
    fc.constantFrom('__Host-sj-viewer=', 'sj-viewer=', '__Host-sj-viewer =', '__host-sj-viewer=', ''),
    fc.oneof(text, fc.constantFrom(owners, 'the-token', sha256Hex(owners))),
  );
  const cookies = fc.array(cookie.map((parts) => parts.join(''))).map((all) => all.join('; '));

  it('is the owner’s, or none', () => {
    fc.assert(
      fc.property(url, cookies, (asked, brought) => {
        const request = { url: asked, headers: { cookie: brought } } as unknown as IncomingMessage;
        expect([undefined, owners]).toContain(ownersKey(request, sha256Hex(owners)));
        for (const other of [undefined, '', owners, sha256Hex('another'), '0'.repeat(64)]) {
          expect(ownersKey(request, other)).toBeUndefined();
        }
      }),
    );
  });

  it('comes in the link, or in the one cookie', () => {
    const key = (asked?: string, cookie?: string) =>
      ownersKey({ url: asked, headers: { cookie } } as unknown as IncomingMessage, sha256Hex(owners));
    expect(key('/?token=the-token')).toBe(owners);
    expect(key('/', `a=b; __Host-sj-viewer=${owners}`)).toBe(owners);
    expect(key('/', `sj-viewer=${owners}`)).toBeUndefined();
    expect(key(undefined, undefined)).toBeUndefined();
  });
});

describe('settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sj-parsers-'));
  const file = join(folder, 'proxy.yaml');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** What YAML and the command line can give. */
  const value = fc.oneof(
    fc.jsonValue(),
    text,
    fc.constantFrom<unknown>(
      undefined,
      {},
      { toString: 1, valueOf: 1 },
      { toJSON: 1 },
      [[]],
      0,
      -0,
      1e21,
      '1e3',
      '0x10',
      ' 5',
      '5 ',
      '٣',
    ),
  );

  it.each(Object.entries(values).filter(([, reader]) => typeof reader === 'object'))(
    '%s takes a value of its kind and nothing else',
    (_what, reader) => {
      fc.assert(
        fc.property(value, (given) => {
          const read: unknown = reader.read(given, '/folder');
          for (const one of Array.isArray(read) ? (read as unknown[]) : [read]) {
            if (typeof one === 'number') expect(Number.isInteger(one) && one > 0).toBe(true);
            if (reader === values.path || reader === values.paths) {
              if (one !== undefined) expect(isAbsolute(one as string)).toBe(true);
            }
          }
        }),
      );
    },
  );

  const key = fc.constantFrom(...Object.keys(KEYS).filter(isKey));
  it('from options of any value are settings or an error of ours', () => {
    const least = { domain: DOMAIN, certificate: 'a', key: 'b' };
    fc.assert(
      fc.property(fc.dictionary(key, value), (given) => {
        const settings = taken(
          () => readSettings(givenOptions({ ...least, ...given }, '/folder')),
          [StartJupyterError],
        );
        if (!settings) return;
        expect(settings.domain).toMatch(/^[a-z0-9.-]+\.[a-z0-9.-]+$/);
        expect(settings.listen.port).toBeLessThan(65536);
        parseNetworks([...settings.trustedNetworks, ...settings.jobStateSources]);
        for (const limit of Object.values(settings.limits)) {
          if (limit !== undefined) expect(limit).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('from a file of any text are settings or an error of ours that names the file', () => {
    const line = fc.oneof(
      text,
      fc
        .tuple(
          key,
          fc.constantFrom(': ', ':', ' : ', ': *', ': &a '),
          fc.oneof(
            text,
            fc.jsonValue().map((json) => JSON.stringify(json)),
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        fc.array(line).map((lines) => lines.join('\n')),
        (yaml) => {
          writeFileSync(file, yaml);
          try {
            readSettings(readConfiguration(file));
          } catch (error) {
            expect(error).toBeInstanceOf(StartJupyterError);
            const { message, code } = error as StartJupyterError;
            expect(code).toBe('bad-configuration');
            if (!message.startsWith('The setting ')) expect(message).toContain(file);
          }
        },
      ),
    );
  });
});

describe('what other programs say', () => {
  it('sacct’s lines end a job only by a state that is an end', () => {
    const state = fc.constantFrom('RUNNING', 'PENDING', 'COMPLETED', 'CANCELLED by 17', 'REVOKED', 'NEW_ONE');
    const line = fc.tuple(fc.integer({ min: 1, max: 99 }), state).map(([id, is]) => `${id}|${is}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(line, text)), (lines) => {
        for (const [id, report] of readAccounts(lines.join('\n'))) {
          expect(id).toMatch(/^\d\w*$/);
          const ends = lines
            .join('\n')
            .split('\n')
            .filter((one) => one.startsWith(`${id}|`));
          if (report.state === 'ended') expect(ends.at(-1)).not.toMatch(/\|(RUNNING|PENDING|NEW_ONE)/);
        }
      }),
    );
  });

  it('systemd’s variables give sockets of their own, or a clear error, and are gone afterwards', () => {
    const number = fc.oneof(fc.integer({ min: -1, max: 20 }).map(String), text);
    const names = fc.oneof(
      fc.array(fc.constantFrom('http', 'https', '')).map((all) => all.join(':')),
      text,
    );
    fc.assert(
      fc.property(number, names, fc.constantFrom('7', '8'), (LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID) => {
        const env: NodeJS.ProcessEnv = { LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID, PATH: '/bin' };
        const handed = taken(() => takeSockets(env, 7), [StartJupyterError]);
        expect(env).toEqual({ PATH: '/bin' });
        const places = Object.values(handed ?? {}).map((place) => JSON.stringify(place));
        expect(new Set(places).size).toBe(places.length);
        if (LISTEN_PID !== '7') expect(handed).toEqual({});
      }),
    );
  });

  it('a service is an https origin and nothing more', () => {
    const piece = fc.oneof(
      fc.constantFrom('https://', 'http://', 'manage.', 'a.example', ':8443', '/x', '@'),
      text,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const origin = serviceOrigin(pieces.join(''));
        if (!origin) return;
        expect(origin.href).toBe(`https://${origin.host}/`);
        expect(origin.username + origin.password + origin.search + origin.hash).toBe('');
      }),
    );
  });

  it('what is no chain of certificates is refused by an error, never taken', () => {
    const begin = '-----BEGIN CERTIFICATE-----';
    const piece = fc.oneof(fc.constantFrom(begin, '-----END CERTIFICATE-----', '\n', 'AAAA'), text);
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(() => chainOf(pieces.join(''))).toThrow();
      }),
    );
  });
});
