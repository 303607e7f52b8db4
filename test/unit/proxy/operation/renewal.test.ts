import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkCertificates } from '../../../../src/proxy/data/certificates.js';
import { readCertificates } from '../../../../src/proxy/configuration/files.js';
import { watchCertificates, type Renewal } from '../../../../src/proxy/operation/renewal.js';
import { createPki, type Pki } from '../pki.js';
import { handClock, type HandClock } from '../registry/bed.js';
import type { CertificatePair } from '../../../../src/proxy/proxy-options.js';

const DOMAIN = 'jupyter.localhost';
const NAMES = `DNS:*.${DOMAIN}`;
const DAY_MS = 24 * 60 * 60 * 1000;
/** More than the time between two readings, less than two. */
const ONE_READING_MS = 6_000;

describe('certificates on disk', () => {
  let pki: Pki;
  let [first, second, foreign]: CertificatePair[] = [];
  beforeAll(() => {
    pki = createPki();
    [first, second, foreign] = [
      pki.issue('ec', NAMES),
      pki.issue('ec', NAMES),
      pki.issue('ec', 'DNS:*.example.org'),
    ];
  }, 60_000);

  let clock: HandClock;
  let events: [string, Record<string, unknown>][];
  let shown: CertificatePair;
  let onDisk: CertificatePair | Error;
  let renewal: Renewal;
  beforeEach(async () => {
    clock = handClock(Date.now());
    events = [];
    [shown, onDisk] = [first!, first!];
    renewal = watch(() => (onDisk instanceof Error ? Promise.reject(onDisk) : Promise.resolve([onDisk])));
    await clock.advance(60_000);
    expect(names()).toEqual(['certificate-loaded']);
    events.length = 0;
  });

  function watch(read: () => Promise<CertificatePair[]>): Renewal {
    return watchCertificates({
      read,
      use(pairs) {
        checkCertificates(pairs, DOMAIN, clock.now());
        shown = pairs[0]!;
      },
      current: [shown],
      clock,
      log: (event, fields) => events.push([event, fields]),
    });
  }
  const names = () => events.map(([event]) => event);

  it('are taken up when two readings were the same, with a line in the log', async () => {
    onDisk = second!;
    await clock.advance(ONE_READING_MS);
    expect(shown).toBe(first);
    await clock.advance(ONE_READING_MS);
    expect(shown).toBe(second);
    expect(events).toEqual([
      ['certificate-loaded', { names: NAMES, key: 'ec', until: expect.stringMatching(/^20\d\d-/) as string }],
    ]);
  });

  it('are not taken up while they change from reading to reading', async () => {
    const others = [second!, pki.issue('ec', NAMES), pki.issue('ec', NAMES)];
    for (const pair of [...others, ...others]) {
      onDisk = pair;
      await clock.advance(5_000);
    }
    expect([shown, names()]).toEqual([first, []]);
  });

  it('are taken up at once on request', async () => {
    onDisk = second!;
    await renewal.reload();
    expect(shown).toBe(second);
  });

  it('are refused while they cannot do, said once for each content, and taken up when they can', async () => {
    const half = { ...second!, certificatePem: second!.certificatePem.slice(0, 700) };
    const mixed = { ...second!, keyPem: first!.keyPem };
    for (const wrong of [half, mixed, foreign!, new Error('key: /etc/x cannot be read.')]) {
      onDisk = wrong;
      await clock.advance(10 * 60_000);
      expect(shown).toBe(first);
    }
    expect(events.map(([event, { message }]) => [event, message])).toEqual([
      ['certificate-refused', 'The certificate and its key cannot be used together.'],
      ['certificate-refused', 'The certificate and its key cannot be used together.'],
      [
        'certificate-refused',
        'The certificate is not for *.jupyter.localhost, it is for: DNS:*.example.org.',
      ],
      ['certificate-refused', 'key: /etc/x cannot be read.'],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/BEGIN|MII/);
    await renewal.reload();
    expect(names()).toHaveLength(5);
    onDisk = second!;
    await clock.advance(2 * ONE_READING_MS);
    expect(shown).toBe(second);
  });

  it('say nothing when they are what they were again', async () => {
    onDisk = new Error('key: /etc/x cannot be read.');
    await clock.advance(5_000);
    onDisk = first!;
    await clock.advance(60_000);
    expect(names()).toEqual([]);
  });

  it('are refused without the chain that the former ones had, as a file that is half written', async () => {
    const { certificatePem, keyPem } = second!;
    onDisk = { keyPem, certificatePem: certificatePem.slice(0, -pki.intermediatePem.length) };
    await renewal.reload();
    expect(shown).toBe(first);
    expect(events[0]?.[1]).toMatchObject({ message: expect.stringContaining('without the chain') as string });
    onDisk = second!;
    await renewal.reload();
    expect(shown).toBe(second);
  });

  it('that are not valid yet are taken up when they are', async () => {
    clock = handClock(Date.now() - DAY_MS);
    [shown, onDisk] = [first!, first!];
    renewal = watch(() => Promise.resolve([onDisk as CertificatePair]));
    onDisk = second!;
    await clock.advance(60_000);
    expect(shown).toBe(first);
    await clock.leap(DAY_MS + 60_000);
    await clock.advance(ONE_READING_MS);
    expect(shown).toBe(second);
  });

  it('are said to end soon once a day, from 14 days before, until others are there', async () => {
    // They last for 30 days.
    await clock.leap(15 * DAY_MS);
    await clock.advance(60_000);
    expect(names()).toEqual([]);
    for (let day = 0; day < 3; day++) {
      await clock.leap(DAY_MS);
      await clock.advance(60_000);
    }
    expect(names()).toEqual(Array(3).fill('certificate-expires-soon'));
  });

  it('are not looked at any more after the stop', async () => {
    renewal.stop();
    onDisk = second!;
    await clock.advance(60_000);
    expect(shown).toBe(first);
  });

  describe('really', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sj-renewal-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const settings = {
      certificateFiles: [join(folder, 'live', 'cert.pem')],
      keyFiles: [join(folder, 'live', 'key.pem')],
    };
    const write = (name: string, { certificatePem, keyPem }: CertificatePair) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'cert.pem'), certificatePem);
      writeFileSync(join(folder, name, 'key.pem'), keyPem, { mode: 0o640 });
    };

    it('behind a folder that is a link, which is switched', async () => {
      write('one', first!);
      write('two', second!);
      symlinkSync('one', join(folder, 'live'));
      const really = watch(() => readCertificates(settings));
      await really.reload();
      expect(shown).toEqual(first);
      symlinkSync('two', join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, 'live'));
      await really.reload();
      expect(shown).toEqual(second);
      really.stop();
    });

    it('with a key that everybody may read: refused', async () => {
      write('three', pki.issue('ec', NAMES));
      chmodSync(join(folder, 'three', 'key.pem'), 0o644);
      const really = watch(() =>
        readCertificates({
          certificateFiles: [join(folder, 'three', 'cert.pem')],
          keyFiles: [join(folder, 'three', 'key.pem')],
        }),
      );
      await really.reload();
      expect(events.at(-1)).toEqual([
        'certificate-refused',
        { message: expect.stringContaining('every user') as string },
      ]);
      really.stop();
    });
  });
});
