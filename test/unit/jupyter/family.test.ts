import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { optionClasses, optionFamily } from '../../../src/jupyter/family.js';
import type { JupyterVersions } from '../../../src/jupyter/probe.js';
import type { Server } from '../../../src/script/call.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sj-family-'));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const NEW: JupyterVersions = { notebook: '7.6.3', jupyterlab: '4.6.4', jupyter_server: '2.21.1' };

function family(versions: JupyterVersions, server: Server, env: NodeJS.ProcessEnv = {}) {
  const path = join(home, 'venv', 'bin', 'jupyter');
  return optionFamily({ path, versions }, server, { HOME: home, ...env });
}

it.each<[string, JupyterVersions, Server, string | undefined]>([
  ['Notebook 6', { notebook: '6.4.12', jupyter_server: '1.23.3' }, 'notebook', 'NotebookApp'],
  ['Notebook 7', NEW, 'notebook', 'ServerApp'],
  ['JupyterLab 4', NEW, 'jupyterlab', 'ServerApp'],
  ['JupyterLab 4 beside Notebook 6', { ...NEW, notebook: '6.5.7' }, 'jupyterlab', 'ServerApp'],
  ['JupyterLab 3', { jupyterlab: '3.6.0', jupyter_server: '1.24.0' }, 'jupyterlab', undefined],
  ['a server of which nothing is known', {}, 'notebook', undefined],
])('%s has its options under the right name', async (_, versions, server, expected) => {
  expect(await family(versions, server)).toBe(expected);
});

it.each([
  ['.jupyter', 'jupyter_config.py', {}],
  ['.jupyter', 'jupyter_lab_config.json', {}],
  ['elsewhere', 'jupyter_config.json', { JUPYTER_CONFIG_DIR: 'elsewhere' }],
  ['more', 'jupyter_notebook_config.py', { JUPYTER_CONFIG_PATH: 'more' }],
  ['.local/etc/jupyter', 'jupyter_config.py', {}],
  ['venv/etc/jupyter', 'jupyter_config.py', {}],
])('%s/%s may say anything: every class is named', async (folder, name, variables) => {
  const env = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, join(home, value)]));
  mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, folder, 'other.py'), '');
  expect(await family(NEW, 'jupyterlab', env)).toBe('ServerApp');
  writeFileSync(join(home, folder, name), '');
  expect(await family(NEW, 'jupyterlab', env)).toBeUndefined();
});

it('gives the job the classes for its command line', () => {
  expect(optionClasses('NotebookApp')).toEqual(['NotebookApp']);
  expect(optionClasses(undefined)).toContain('LabApp');
});
