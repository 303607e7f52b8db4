import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createEvents } from '../../../../src/proxy/operation/events.js';
import { fileWriter, lineWriter } from '../../../../src/proxy/operation/line-writer.js';
import { auditedOnly, calmed, jsonLines } from '../../../../src/proxy/operation/log.js';

const folder = mkdtempSync(join(tmpdir(), 'sj-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Seen = [event: string, fields: Record<string, unknown>];

describe('calmed', () => {
  function bed() {
    const seen: Seen[] = [];
    const clock = { now: 0 };
    const log = calmed(
      (event, fields) => seen.push([event, fields]),
      () => clock.now,
    );
    return { seen, clock, log };
  }

  it('lets everything pass that was carried out', () => {
    const { seen, log } = bed();
    for (let at = 0; at < 100; at++) log('reserve', { source: '10.0.0.1' });
    expect(seen).toHaveLength(100);
  });

  it('says a refusal once a minute for each kind and address, and how many more there were', () => {
    const { seen, clock, log } = bed();
    const refused = { source: '10.0.0.1', refused: 'limit-reached' };
    for (let at = 0; at < 100; at++) log('reserve', refused);
    log('reserve', { ...refused, source: '10.0.0.2' });
    log('redeem', refused);
    expect(seen).toHaveLength(3);
    clock.now = 60_000;
    log('reserve', refused);
    expect(seen.at(-1)).toEqual(['reserve', { ...refused, moreBefore: 99 }]);
  });

  it('is not silent for hours when the clock is set back', () => {
    const { seen, clock, log } = bed();
    clock.now = 86_400_000;
    const refused = { source: '10.0.0.1', refused: 'limit-reached' };
    log('reserve', refused);
    clock.now = 0;
    log('reserve', refused);
    expect(seen).toHaveLength(2);
  });

  it('does not grow with the number of addresses, and still tells of each kind', () => {
    const { seen, log } = bed();
    for (let at = 0; at < 50_000; at++) log('limit-reached', { source: `fd00::${at}`, limit: 'x' });
    expect(seen.length).toBeLessThanOrEqual(1001);
    log('redeem', { source: 'fd01::1', refused: 'unknown-session' });
    expect(seen.at(-1)?.[0]).toBe('redeem');
  });
});

describe('the audit log', () => {
  it('has a line for what was done to a session, by whom, and nothing else', async () => {
    const auditLogFile = join(folder, 'audit.log');
    const written: string[] = [];
    const main = { write: (text: string) => void written.push(text), close: () => Promise.resolve() };
    const events = createEvents({ main, auditLogFile }, () => new Date(0));
    events.log('redeem', { source: '10.0.0.1', session: 'a-b-c' });
    events.log('feed', { jobs: 3 });
    events.log('ended', { session: 'a-b-c', cause: 'expired' });
    await events.close();
    expect(written).toHaveLength(3);
    const lines = readFileSync(auditLogFile, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: '1970-01-01T00:00:00.000Z', event: 'redeem', source: '10.0.0.1', session: 'a-b-c' },
      { time: '1970-01-01T00:00:00.000Z', event: 'ended', session: 'a-b-c', cause: 'expired' },
    ]);
    expect(statSync(auditLogFile).mode & 0o777).toBe(0o600);
  });

  it('is opened anew after a rotation, and no line is lost', async () => {
    const file = join(folder, 'rotated.log');
    const writer = fileWriter(file);
    writer.write('one\n');
    renameSync(file, `${file}.1`);
    writer.write('two\n');
    writer.reopen();
    writer.write('three\n');
    await writer.close();
    await sleep(50);
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(file, 'utf8')).toBe('three\n');
  });

  it('that cannot be opened anew is said so, and the former one goes on', async () => {
    const place = join(folder, 'gone');
    mkdirSync(place);
    const auditLogFile = join(place, 'audit.log');
    const written: string[] = [];
    const main = { write: (text: string) => void written.push(text), close: () => Promise.resolve() };
    const events = createEvents({ main, auditLogFile }, () => new Date(0));
    renameSync(place, `${place}.1`);
    expect(() => events.reopen()).not.toThrow();
    events.log('redeem', { source: '10.0.0.1', session: 'a-b-c' });
    await events.close();
    expect(written.join('')).toContain('"event":"audit-log-failed"');
    expect(readFileSync(join(`${place}.1`, 'audit.log'), 'utf8')).toContain('a-b-c');
  });

  it('on a disk that hangs is closed when the last write is over, so that no other file gets its lines', async () => {
    // A pipe that nobody reads yet stands in for the disk; what is written to it waits in a thread.
    const file = join(folder, 'hangs');
    execFileSync('mkfifo', [file]);
    const reader = openSync(file, constants.O_RDWR);
    const writer = fileWriter(file);
    writer.write(`${'x'.repeat(100_000)}\n`);
    await sleep(50);
    writer.write('still this file\n');
    rmSync(file);
    writer.reopen();
    await sleep(1_200);
    // They take the lowest numbers that are free.
    const others = [1, 2, 3, 4].map((at) => join(folder, `other-${at}`));
    const descriptors = others.map((other) => openSync(other, 'w'));
    let read = 0;
    while (read < 100_001) read += readSync(reader, Buffer.alloc(65_536));
    await sleep(100);
    expect(others.map((other) => readFileSync(other, 'utf8'))).toEqual(['', '', '', '']);
    const rest = Buffer.alloc(100);
    expect(rest.toString('utf8', 0, readSync(reader, rest))).toBe('still this file\n');
    for (const descriptor of [reader, ...descriptors]) closeSync(descriptor);
    await writer.close();
  });

  it('says at the start that it cannot be written', () => {
    const main = { write: () => undefined, close: () => Promise.resolve() };
    const place = { main, auditLogFile: join(folder, 'no', 'such', 'folder') };
    expect(() => createEvents(place, () => new Date())).toThrow(
      expect.objectContaining({ code: 'bad-configuration' }) as Error,
    );
  });

  it('keeps newlines of strangers inside their line', () => {
    const lines: string[] = [];
    const sink = auditedOnly(
      jsonLines(
        (line) => lines.push(line),
        () => new Date(0),
      ),
    );
    sink('redeem', { source: '10.0.0.1\n{"event":"evict"}' });
    expect(lines.join('').match(/\n/g)).toHaveLength(1);
  });
});

describe('lineWriter', () => {
  it('that was closed tries no more, which would keep the process from ending', async () => {
    const file = join(folder, 'full');
    execFileSync('mkfifo', [file]);
    const pipe = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    const writer = lineWriter(pipe);
    writer.write('x'.repeat(1_000_000));
    await sleep(100);
    writer.write('late');
    await writer.close();
    const buffer = Buffer.alloc(1_000_000);
    expect(readSync(pipe, buffer)).toBeLessThan(1_000_000);
    await sleep(200);
    expect(() => readSync(pipe, buffer)).toThrow(expect.objectContaining({ code: 'EAGAIN' }) as Error);
    closeSync(pipe);
  });

  it('never waits for a reader that hangs; what is too much is counted', { timeout: 20_000 }, async () => {
    // A pipe that nobody reads: `sleep` has its other end as its input.
    const reader = spawn('sleep', ['60'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const pipe = (reader.stdin as unknown as { _handle: { fd: number } })._handle.fd;
      const writer = lineWriter(pipe);
      const line = `${'x'.repeat(1023)}\n`;
      const before = performance.now();
      for (let at = 0; at < 10_000; at++) writer.write(line);
      expect(performance.now() - before).toBeLessThan(2_000);
      const memory = process.memoryUsage().rss;
      await writer.close();
      expect(process.memoryUsage().rss - memory).toBeLessThan(50e6);
    } finally {
      reader.kill('SIGKILL');
    }
  });
});
