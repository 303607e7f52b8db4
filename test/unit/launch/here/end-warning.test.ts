import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEndWarning } from '../../../../src/launch/here/end-warning.js';

const NOW = new Date('2026-11-23T10:00:00');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sj-warning-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('says once what the job warned of, and again when it got more time', async () => {
  const said: string[] = [];
  const progress = {
    doing: () => undefined,
    fact: () => undefined,
    say: () => undefined,
    warn: (text: string) => void said.push(text),
  };
  const look = createEndWarning({ progress, now: () => NOW }, directory);
  const warn = (time: string): void => writeFileSync(join(directory, 'warning'), time);
  await look();
  warn('');
  await look();
  warn('soon\n');
  await look();
  expect(said).toEqual([]);
  warn(`${new Date('2026-11-23T10:05:10').toISOString()}\n`);
  await look();
  await look();
  warn(`${new Date('2026-11-23T11:00:00').toISOString()}\n`);
  await look();
  expect(said).toEqual([
    'The session ends at 10:05, in about 5 minutes: save your work.',
    'The session ends at 11:00, in about 1 hour: save your work.',
  ]);
});
