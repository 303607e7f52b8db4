/** The proxy's settings: every key of proxy.yaml, the option beside it, and what they amount to. */
import { StartJupyterError, type ErrorCode } from '../errors.js';
import {
  domainName,
  hostAndPort,
  networks,
  path,
  portNumber,
  storeName,
  trueOrFalse,
  type Reader,
} from './values.js';

export interface Settings {
  domain: string;
  listen: { host: string; port: number };
  publicPort?: number;
  /** Absolute, like every file here. */
  certificateFile: string;
  keyFile: string;
  trustedNetworks: string[];
  jobStateSources: string[];
  classic: boolean;
  allowPlainBackends: boolean;
  feederSecretFile?: string;
  store: 'memory';
}

interface KeyFacts {
  /** In commander's notation. */
  option: string;
  help: string;
  /** The option may be repeated. */
  list?: true;
}

export const KEYS = {
  domain: { option: '--domain <name>', help: 'base name: sessions are at https://NAME.DOMAIN' },
  listen: { option: '--listen <host:port>', help: 'where to listen (default: 0.0.0.0:443)' },
  public_port: { option: '--public-port <port>', help: 'the port in URLs, where it is another one' },
  certificate: { option: '--certificate <file>', help: 'wildcard certificate for *.DOMAIN, with its chain' },
  key: { option: '--key <file>', help: 'its private key' },
  trusted_networks: {
    option: '--trusted-network <cidr>',
    help: 'from where sessions may be reserved and redeemed; may be repeated',
    list: true,
  },
  job_state_sources: {
    option: '--job-state-source <cidr>',
    help: 'from where the classic update-jobs.cgi is taken; may be repeated',
    list: true,
  },
  classic: { option: '--classic <boolean>', help: 'serve the classic .cgi endpoints (default: true)' },
  allow_plain_backends: {
    option: '--allow-plain-backends <boolean>',
    help: 'allow sessions without a certificate of their own (default: false)',
  },
  feeder_secret_file: {
    option: '--feeder-secret-file <file>',
    help: 'the secret of the program that reports job states',
  },
  store: { option: '--store <kind>', help: 'where sessions are kept: memory (the default)' },
} as const satisfies Record<string, KeyFacts>;

export type Key = keyof typeof KEYS;

export function isKey(text: string): text is Key {
  return Object.hasOwn(KEYS, text);
}

/** A value as it was written, and where, for messages. */
export interface Found {
  value: unknown;
  /** `FILE:LINE: KEY` or `--option`. */
  where: string;
  /** What a relative path starts from. */
  folder: string;
  code: Extract<ErrorCode, 'bad-configuration' | 'bad-option'>;
}

export type FoundKeys = Partial<Record<Key, Found>>;

/** What was given on the command line, by key; it stands in for the configuration's. */
export function givenOptions(given: Partial<Record<Key, unknown>>, folder: string): FoundKeys {
  const found: FoundKeys = {};
  for (const key of Object.keys(given).filter(isKey)) {
    found[key] = { value: given[key], where: optionName(key), folder, code: 'bad-option' };
  }
  return found;
}

/** Throws StartJupyterError for a value that will not do and for one that must be there. */
export function readSettings(found: FoundKeys): Settings {
  return {
    domain: required(found, 'domain', domainName),
    listen: read(found.listen, hostAndPort) ?? { host: '0.0.0.0', port: 443 },
    publicPort: read(found.public_port, portNumber),
    certificateFile: required(found, 'certificate', path),
    keyFile: required(found, 'key', path),
    trustedNetworks: read(found.trusted_networks, networks) ?? [],
    jobStateSources: read(found.job_state_sources, networks) ?? [],
    classic: read(found.classic, trueOrFalse) ?? true,
    allowPlainBackends: read(found.allow_plain_backends, trueOrFalse) ?? false,
    feederSecretFile: read(found.feeder_secret_file, path),
    store: read(found.store, storeName) ?? 'memory',
  };
}

function read<T>(found: Found | undefined, reader: Reader<T>): T | undefined {
  if (!found) return undefined;
  const result = reader.read(found.value, found.folder);
  if (result !== undefined) return result;
  const { where, value, code } = found;
  throw new StartJupyterError(code, `${where}: ${JSON.stringify(value)} will not do.`, {
    hint: `Expected: ${reader.expected}.`,
  });
}

function required<T>(found: FoundKeys, key: Key, reader: Reader<T>): T {
  const value = read(found[key], reader);
  if (value !== undefined) return value;
  throw new StartJupyterError('bad-configuration', `The setting ${key} is missing.`, {
    hint: `Give it in the configuration file, or as ${optionName(key)}. Expected: ${reader.expected}.`,
  });
}

function optionName(key: Key): string {
  return KEYS[key].option.replace(/ .*/, '');
}
