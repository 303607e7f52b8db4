import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missingAuthorities } from '../../../../src/launch/here/public-authorities.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-authorities-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const certificates = (pem = '') => pem.match(/-----BEGIN[^]+?END CERTIFICATE-----\n/g) ?? [];

it('gives Node’s authorities where the machine has none', async () => {
  const pem = await missingAuthorities({}, [join(folder, 'none')]);
  expect(certificates(pem)).toHaveLength(rootCertificates.length);
  expect(new X509Certificate(certificates(pem)[0]!).raw).toEqual(
    new X509Certificate(rootCertificates[0]!).raw,
  );
});

it('adds the file that Node was told to trust, and does without one that is not there', async () => {
  const extra = join(folder, 'extra.pem');
  writeFileSync(extra, rootCertificates[0]!);
  const pem = await missingAuthorities({ NODE_EXTRA_CA_CERTS: extra }, []);
  expect(certificates(pem)).toHaveLength(rootCertificates.length + 1);
  const without = await missingAuthorities({ NODE_EXTRA_CA_CERTS: join(folder, 'none') }, []);
  expect(certificates(without)).toHaveLength(rootCertificates.length);
});

it('leaves a machine that has its own alone', async () => {
  const own = join(folder, 'ca-bundle.crt');
  writeFileSync(own, '');
  expect(await missingAuthorities({}, [join(folder, 'none'), own])).toBeUndefined();
});
