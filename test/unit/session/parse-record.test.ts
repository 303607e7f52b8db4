import { describe, expect, it } from 'vitest';
import { parseEnd } from '../../../src/session/parse-end.js';
import { parseRecord } from '../../../src/session/parse-record.js';
import type { SessionRecord } from '../../../src/session/record.js';

const WHOLE: Required<SessionRecord> = {
  version: 1,
  id: '20260304-050607-0123456789',
  system: 'expanse',
  scheduler: 'slurm',
  jobName: 'jupyter-0123456789',
  jobId: '4711',
  allocation: '4700',
  allocationScheduler: 'slurm',
  cluster: 'other',
  host: 'login1.example.org',
  connect: 'proxy',
  name: 'wise-apple-photo',
  url: 'https://wise-apple-photo.jupyter.example.org:8443/',
  endpoint: 'jupyter.example.org:8443',
  protocol: 'v1',
  localPort: 9000,
  sshHost: 'login.example.org:2222',
  server: 'jupyterlab',
  rootDir: '/home/ann/a "folder"',
  walltimeMinutes: 30,
  warnBefore: 5,
  createdAt: '2026-03-04T05:06:07.890Z',
  launcherVersion: '0.1.0',
  asked: { time: '30', flags: { partition: 'debug' }, cwd: '/home/ann' },
};

/** As the first version wrote it. */
const OLDEST = {
  version: 1,
  id: WHOLE.id,
  system: 'expanse',
  scheduler: 'torque',
  jobName: WHOLE.jobName,
  jobId: '123[].server.example.org',
  name: WHOLE.name,
  url: WHOLE.url,
  endpoint: WHOLE.endpoint,
  protocol: 'classic',
  server: 'notebook',
  rootDir: '/home/ann',
  createdAt: WHOLE.createdAt,
  launcherVersion: '0.1.0',
};

const read = (value: unknown) => parseRecord(JSON.stringify(value));

describe('a record', () => {
  it.each([
    ['with everything', WHOLE],
    ['of an older start-jupyter', OLDEST],
  ])('%s is read as it was written', (_, record) => {
    expect(read(record)).toEqual({ record });
  });

  it('of a newer one is understood as far as that goes', () => {
    const newer = { ...OLDEST, version: 2, protocol: 'v9', connect: { by: 'air' }, colour: 'red' };
    const { protocol, ...others } = OLDEST;
    expect(protocol).toBe('classic');
    expect(read(newer)).toEqual({ record: others, newer: 2 });
  });

  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    [JSON.stringify(WHOLE).slice(0, 200), 'no-json'],
    ['\0\0\0\0', 'no-json'],
    ['[]', 'no-record'],
    ['null', 'no-record'],
    ['"text"', 'no-record'],
  ])('%j is none', (text, why) => {
    expect(parseRecord(text)).toEqual({ why });
  });

  it.each([
    ['version', undefined],
    ['version', '1'],
    ['version', 0],
    ['id', '../../etc'],
    ['id', 7],
    ['jobName', '-M other'],
    ['jobId', '-M'],
    ['jobId', '4711;rm'],
    ['jobId', '47,11'],
    ['jobId', 4711],
    ['jobId', '47\u001b[31m11'],
    ['allocation', '--help'],
    ['cluster', '-x'],
    ['scheduler', ''],
    ['host', 'a\nb'],
    ['name', 'Wise-apple-photo'],
    ['url', 'javascript:alert(1)'],
    ['url', 'https://wise-apple-photo.example.org/path'],
    ['url', 'https://ann:secret@wise-apple-photo.example.org/'],
    ['endpoint', 'example.org'],
    ['server', 'emacs'],
    ['localPort', 0],
    ['localPort', 70_000],
    ['walltimeMinutes', '30'],
    ['createdAt', 'yesterday'],
    ['createdAt', undefined],
    ['asked', { flags: [], cwd: '/' }],
    ['asked', { flags: {} }],
  ])('whose %s is %j is none', (key, value) => {
    expect(read({ ...WHOLE, [key]: value })).toEqual({ why: { key } });
  });

  it('says nothing of keys that are not its own', () => {
    const text = `{"__proto__": {"jobId": "1"}, "constructor": 1, ${JSON.stringify(OLDEST).slice(1)}`;
    expect(parseRecord(text)).toEqual({ record: OLDEST });
  });
});

describe('an end', () => {
  const END = { version: 1, outcome: 'cancelled', cause: 'It was cancelled.', endedAt: WHOLE.createdAt };

  it('is read as it was written', () => {
    expect(parseEnd(JSON.stringify({ ...END, exitStatus: 3 }))).toEqual({ ...END, exitStatus: 3 });
  });

  it('that a newer start-jupyter calls otherwise is an end all the same', () => {
    expect(parseEnd(JSON.stringify({ ...END, version: 2, outcome: 'melted' }))).toEqual({
      ...END,
      outcome: 'unknown',
    });
    expect(parseEnd(JSON.stringify({ ...END, outcome: 'constructor' }))?.outcome).toBe('unknown');
  });

  it.each(['', '{', '[]', 'null', '{}', JSON.stringify({ ...END, endedAt: 'then' })])(
    '%j is none',
    (text) => {
      expect(parseEnd(text)).toBeUndefined();
    },
  );
});
