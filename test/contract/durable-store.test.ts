import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openStore } from '../../src/proxy/store/open-store.js';
import { describeStore } from './store.js';

const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-contract-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let opened = 0;
describeStore('durable', () => openStore(join(folder, String(opened++)), () => undefined));
