/** `sessions` and `evict`: what an administrator asks a running proxy. */
import { resolve } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import {
  API_PREFIX,
  NAME_PATTERN,
  type SessionFacts,
  type SessionsAnswer,
} from '../../satellite/protocol.js';
import { callApi } from '../client/calls.js';
import { readService, type Service } from '../client/service.js';
import { readToken } from '../configuration/files.js';
import { readConfiguration } from '../configuration/proxy-yaml.js';
import { readSettings } from '../configuration/settings.js';
import type { Surroundings } from './surroundings.js';

/** As commander gives them. */
export interface AdministratorOptions {
  config?: string;
  to?: string;
  tokenFile?: string;
  ca?: string;
  json?: true;
}

type Place = Pick<Surroundings, 'folder' | 'stdout'>;

/** Prints the sessions that have not ended: a table, or with --json the proxy's answer. */
export async function listSessions(options: AdministratorOptions, { folder, stdout }: Place): Promise<void> {
  const { service, secret } = readPlace(options, folder);
  const path = `${API_PREFIX}/sessions`;
  const { sessions } = (await callApi(service, { method: 'GET', path, secret })) as SessionsAnswer;
  stdout(options.json ? `${JSON.stringify({ sessions }, null, 2)}\n` : table(sessions));
}

/** Ends a session; its connections are cut. The job goes on: it is the scheduler's. */
export async function evict(
  name: string,
  options: AdministratorOptions,
  { folder, stdout }: Place,
): Promise<void> {
  const bare = name
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/[.:/].*$/, '');
  if (!NAME_PATTERN.test(bare)) {
    throw new StartJupyterError('bad-option', `${JSON.stringify(name)} is not the name of a session.`, {
      hint: 'Expected: three words such as sunny-leaf-ramp, or the URL of a session.',
    });
  }
  const { service, secret } = readPlace(options, folder);
  await callApi(service, { method: 'POST', path: `${API_PREFIX}/sessions/${bare}/evict`, secret });
  stdout(`${bare} has ended, and its connections are cut. Its job goes on: cancel it with the scheduler.\n`);
}

function readPlace(
  { config, to, tokenFile, ca }: AdministratorOptions,
  folder: string,
): { service: Service; secret: string } {
  const settings =
    config === undefined ? undefined : readSettings(readConfiguration(resolve(folder, config)));
  const place = to ?? (settings && `${settings.domain}:${settings.publicPort ?? settings.listen.port}`);
  const file = tokenFile === undefined ? settings?.adminTokenFile : resolve(folder, tokenFile);
  if (place === undefined) throw missing('--to', '--config proxy.yaml, or --to https://manage.DOMAIN');
  const secret = readToken(file, 'admin_token_file');
  if (secret === undefined) {
    throw missing('--token-file', "the file that the proxy's configuration names as admin_token_file");
  }
  return { service: readService({ to: place, ca }, folder), secret };
}

function missing(option: string, expected: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} is missing.`, { hint: `Expected: ${expected}.` });
}

const COLUMNS: [head: string, of: (session: SessionFacts) => string][] = [
  ['NAME', ({ name }) => name],
  ['PROTOCOL', ({ kind }) => kind],
  ['STATE', ({ phase }) => phase],
  ['JOB', ({ jobId }) => jobId ?? '-'],
  ['FROM', ({ source }) => source ?? '-'],
  ['JUPYTER', ({ backend }) => backend ?? '-'],
  ['CONNECTIONS', ({ connections }) => String(connections)],
  ['SINCE', ({ createdAt }) => minutes(createdAt)],
  ['UNTIL', ({ expiresAt }) => minutes(expiresAt)],
];

const minutes = (date: string) => date.replace(/:\d\d\.\d+Z$/, 'Z');

function table(sessions: readonly SessionFacts[]): string {
  if (sessions.length === 0) return 'There are no sessions.\n';
  const oldestFirst = [...sessions].sort((one, other) => one.createdAt.localeCompare(other.createdAt));
  const rows = [COLUMNS.map(([head]) => head), ...oldestFirst.map((one) => COLUMNS.map(([, of]) => of(one)))];
  const widths = COLUMNS.map((_column, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
