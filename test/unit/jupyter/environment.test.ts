import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeEnvironment, environmentFile } from '../../../src/jupyter/environment.js';
import { anyText } from '../script/any-text.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-environment-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The variables that bash has after it sourced the file. */
function sourced(text: string): Record<string, string> {
  const file = join(folder, 'environment');
  writeFileSync(file, text);
  const print = 'source "$1"; for n in ${!sj_@}; do printf "%s=%s\\0" "$n" "${!n}"; done';
  const printed = execFileSync('bash', ['--norc', '-c', print, 'bash', file], { encoding: 'utf8', env: {} });
  const pairs = printed
    .split('\0')
    .filter(Boolean)
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
  return Object.fromEntries(pairs);
}

const onPosix = describe.skipIf(process.platform === 'win32');
const jupyter = { path: '/opt/my env/bin/jupyter', python: '/opt/my env/bin/python3', versions: {} };

onPosix('what the job restores', () => {
  it('is what the check found', () => {
    const env = { PATH: '/a:/b', CONDA_PREFIX: '/opt/conda', LANG: 'C.UTF-8' };
    expect(sourced(environmentFile({ env, recorded: {} }, jupyter, 'ServerApp', 0o27))).toEqual({
      sj_jupyter: jupyter.path,
      sj_python: jupyter.python,
      sj_classes: 'ServerApp',
      sj_umask: '0027',
      sj_PATH: '/a:/b',
      sj_CONDA_PREFIX: '/opt/conda',
      sj_LANG: 'C.UTF-8',
    });
  });

  it('is little where nothing was found and nothing is set', () => {
    const { sj_jupyter, sj_python, sj_umask, ...rest } = sourced(
      environmentFile({ env: { PATH: '', LANG: undefined }, recorded: {} }, undefined, undefined, 0),
    );
    expect([sj_jupyter, sj_python, sj_umask]).toEqual(['', '', '0000']);
    expect(Object.keys(rest)).toEqual(['sj_classes']);
  });

  it('is nothing else of the environment, least of all secrets', () => {
    const env = { AWS_SECRET_ACCESS_KEY: 'x', LD_PRELOAD: '/evil.so', BASH_ENV: '/evil', PYTHONPATH: '/p' };
    expect(
      Object.keys(sourced(environmentFile({ env, recorded: {} }, jupyter, 'ServerApp', 0o22))).sort(),
    ).toEqual(['sj_classes', 'sj_jupyter', 'sj_python', 'sj_umask']);
  });

  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const restored = sourced(
          environmentFile({ env: { PATH: text, VIRTUAL_ENV: text }, recorded: {} }, jupyter, undefined, 0o22),
        );
        expect(restored['sj_PATH'] ?? '').toBe(text);
        expect(restored['sj_VIRTUAL_ENV'] ?? '').toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the environment that is active', () => {
  it.each<[NodeJS.ProcessEnv, string | undefined]>([
    [{}, undefined],
    [{ CONDA_PREFIX: '' }, undefined],
    [{ VIRTUAL_ENV: '/home/a/venv' }, 'virtual environment /home/a/venv'],
    [{ CONDA_PREFIX: '/opt/conda', CONDA_DEFAULT_ENV: 'base' }, 'conda environment base'],
    [{ CONDA_PREFIX: '/opt/conda' }, 'conda environment /opt/conda'],
    [{ CONDA_PREFIX: '/opt/conda', VIRTUAL_ENV: '/v' }, 'virtual environment /v'],
  ])('of %j is %s', (env, words) => {
    expect(activeEnvironment(env)).toBe(words);
  });
});
