import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsFile, type SettingsFacts, type SettingsProxy } from '../../../src/launch/settings-file.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-settings-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const proxy: SettingsProxy = {
  reservation: { name: 'amber-brook-cedar', protocol: 'v1' },
  domain: 'jupyter.example.org',
  port: 443,
  hasCa: false,
};

const facts: SettingsFacts = {
  proxy,
  directory: '/home/a/.local/state/start-jupyter/sessions/1',
  rootDir: '/home/a',
  walltimeSeconds: 1800,
  nodeSuffix: '.eth.cluster',
  loopbackOnly: false,
  schedulerWarns: true,
};

/** What bash makes of it; a value's line breaks stay. */
function sourced(changed: Partial<SettingsFacts> = {}): Map<string, string> {
  const file = join(folder, 'settings');
  writeFileSync(file, settingsFile({ ...facts, ...changed }));
  const print = 'set -u; source "$1"; for n in ${!sj_@}; do printf "%s=%s\\0" "$n" "${!n}"; done';
  const printed = execFileSync('bash', ['--norc', '-c', print, 'bash', file], { encoding: 'utf8', env: {} });
  return new Map(
    printed.split('\0').map((pair) => [pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
  );
}

describe.skipIf(process.platform === 'win32')('the settings of a session', () => {
  it('are what docs/architecture.md lists', () => {
    expect(Object.fromEntries([...sourced()].filter(([name]) => name !== ''))).toEqual({
      sj_connect: 'proxy',
      sj_name: 'amber-brook-cedar',
      sj_protocol: 'v1',
      sj_manage_host: 'manage.jupyter.example.org',
      sj_manage_port: '443',
      sj_connect_address: '',
      sj_ca_file: '',
      sj_root_dir: '/home/a',
      sj_walltime_seconds: '1800',
      sj_node_suffix: '.eth.cluster',
      sj_warn_seconds: '0',
      sj_warn_by: 'scheduler',
      sj_bind: 'all',
    });
  });

  it('say where names below localhost are', () => {
    const address = (domain: string) => sourced({ proxy: { ...proxy, domain } }).get('sj_connect_address');
    expect(address('jupyter.localhost')).toBe('127.0.0.1');
    expect(address('localhost')).toBe('127.0.0.1');
    expect(address('notlocalhost')).toBe('');
  });

  it('name the authority that lies beside them', () => {
    expect(sourced({ proxy: { ...proxy, hasCa: true } }).get('sj_ca_file')).toBe(`${facts.directory}/ca.pem`);
  });

  it('say what ssh may lead to where there is no proxy, and nothing of one', () => {
    const others = { ...facts };
    delete others.proxy;
    writeFileSync(join(folder, 'settings'), settingsFile({ ...others, sshWays: ['socket', 'address'] }));
    const text = readFileSync(join(folder, 'settings'), 'utf8');
    expect(text).toContain("sj_connect='ssh'");
    expect(text).toContain("sj_ssh_ways='socket address'");
    expect(text).not.toMatch(/sj_name|sj_protocol|sj_manage/);
  });

  it('keep a local Jupyter to this machine', () => {
    expect(sourced({ loopbackOnly: true }).get('sj_bind')).toBe('loopback');
  });

  it.each([
    `it's`,
    'two  spaces ',
    '$(touch /tmp/pwned)',
    '`id`',
    '"; id; "',
    'line\nbreak',
    'end\\',
    'ünïcödé ☃',
    '-n',
    '~',
    '*',
    'a\rb',
  ])('hold any directory as it is: %j', (name) => {
    expect(sourced({ rootDir: `/home/${name}` }).get('sj_root_dir')).toBe(`/home/${name}`);
  });
});
