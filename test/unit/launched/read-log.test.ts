import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLinesOf, readLog, type Position } from '../../../src/launched/read-log.js';

let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-log-'));
  log = join(folder, 'job.log');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(from: Position | { lastLines: number }) {
  const blocks: Uint8Array[] = [];
  const result = await readLog(log, from, (bytes) => {
    blocks.push(bytes);
    return Promise.resolve();
  });
  return { text: Buffer.concat(blocks).toString('latin1'), ...result };
}

const numbered = (count: number, width = 0): string =>
  Array.from({ length: count }, (_, at) => `${String(at + 1).padEnd(width)}\n`).join('');

describe('the last lines', () => {
  it.each([
    ['one\ntwo\nthree\n', 2, 'two\nthree\n'],
    ['one\ntwo\nthree', 2, 'two\nthree'],
    ['one\ntwo\n', 2, 'one\ntwo\n'],
    ['one\ntwo\n', 9, 'one\ntwo\n'],
    ['one\n\n\n', 2, '\n\n'],
    ['one\ntwo\n', 0, ''],
    ['one\ntwo\n', Infinity, 'one\ntwo\n'],
    ['', 5, ''],
    ['\n', 5, '\n'],
  ])('of %j, %d: %j', async (text, lastLines, expected) => {
    writeFileSync(log, text);
    expect((await read({ lastLines })).text).toBe(expected);
  });

  it('are the right ones of a log longer than what is read at a time', async () => {
    writeFileSync(log, numbered(50_000, 20));
    const { text, position } = await read({ lastLines: 10_000 });
    expect(text.split('\n')).toHaveLength(10_001);
    expect(text.slice(0, 5)).toBe('40001');
    expect(position?.offset).toBe(50_000 * 21);
  });

  it('are all there, also where they are many', async () => {
    writeFileSync(log, numbered(400_000, 60));
    expect((await read({ lastLines: 350_000 })).text.slice(0, 6)).toBe('50001 ');
  });

  it('are there at once, however long the log is', async () => {
    writeFileSync(log, '');
    // Ten gigabytes of which nothing is on the disk.
    truncateSync(log, 10 * 1024 ** 3);
    appendFileSync(log, '\nlast but one\nlast\n');
    const before = performance.now();
    expect((await read({ lastLines: 2 })).text).toBe('last but one\nlast\n');
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('are cut where there are no lines', async () => {
    writeFileSync(log, '');
    truncateSync(log, 100 * 1024 ** 2);
    const { text } = await read({ lastLines: 1 });
    expect(text.length).toBe(16 * 1024 ** 2);
  });

  it('of a log that does not exist are none', async () => {
    expect(await readLog(log, { lastLines: 5 }, () => Promise.resolve())).toBeUndefined();
    expect(await lastLinesOf(log, 5)).toBe('');
  });

  it('for a message are few and short', async () => {
    writeFileSync(log, `${'x'.repeat(200_000)}\nend\n\n`);
    const text = await lastLinesOf(log, 15);
    expect(text.length).toBeLessThan(70_000);
    expect(text.endsWith('x\nend')).toBe(true);
  });
});

describe('what is added', () => {
  it('is read from where it ended', async () => {
    writeFileSync(log, 'one\n');
    const { position } = await read({ lastLines: 10 });
    expect((await read(position!)).text).toBe('');
    appendFileSync(log, 'two\n');
    expect(await read(position!)).toMatchObject({ text: 'two\n', anew: false });
  });

  it('to a log that became shorter is read from its beginning', async () => {
    writeFileSync(log, 'one\ntwo\n');
    const { position } = await read({ lastLines: 10 });
    truncateSync(log, 0);
    appendFileSync(log, 'new\n');
    expect(await read(position!)).toMatchObject({ text: 'new\n', anew: true });
  });

  it('to another log of the same name is read from its beginning', async () => {
    writeFileSync(log, 'one\n');
    const { position } = await read({ lastLines: 10 });
    writeFileSync(`${log}.new`, 'another, and longer\n');
    renameSync(`${log}.new`, log);
    expect(await read(position!)).toMatchObject({ text: 'another, and longer\n', anew: true });
  });
});

describe('what is no file', () => {
  it('is not waited for', async () => {
    execFileSync('mkfifo', [log]);
    await expect(read({ lastLines: 5 })).rejects.toMatchObject({ code: 'ENOTFILE' });
    expect(await lastLinesOf(log, 5)).toBe('');
  });

  it('is said to be none', async () => {
    mkdirSync(log);
    await expect(read({ lastLines: 5 })).rejects.toMatchObject({ code: 'ENOTFILE' });
  });
});
