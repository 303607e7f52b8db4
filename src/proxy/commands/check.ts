import { randomBytes, randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { checkCertificateFiles } from '../checks/certificates.js';
import { checkDescriptors, checkOwners, checkSecrets, checkStore } from '../checks/files.js';
import { error, ok, type Finding } from '../checks/finding.js';
import { checkNames, checkPlaces, checkTrustedNetworks } from '../checks/networks.js';
import type { Key } from '../configuration/keys.js';
import { readConfiguration } from '../configuration/proxy-yaml.js';
import { givenOptions, readSettings, type Settings } from '../configuration/settings.js';
import { randomName } from '../registry/names.js';
import { storeFolder } from '../store/folder.js';
import type { Surroundings } from './surroundings.js';

/**
 * Looks at everything that `serve` needs, and changes nothing. Prints a line a finding. Throws
 * StartJupyterError('bad-configuration') when one is an error.
 */
export async function check(
  config: string | undefined,
  given: Partial<Record<Key, unknown>>,
  { folder, env, stdout, now }: Surroundings,
): Promise<void> {
  let errors = 0;
  const say = ({ level, subject, text }: Finding) => {
    if (level === 'error') errors++;
    stdout(`${level.padEnd(7)}  ${subject}: ${text.replaceAll('\n', ' ')}\n`);
  };
  const run = async (subject: string, look: Check): Promise<void> => {
    try {
      (await look()).forEach(say);
    } catch (cause) {
      say(failed(subject, cause));
    }
  };
  let settings: Settings | undefined;
  const file = config === undefined ? undefined : resolve(folder, config);
  await run('configuration', () => {
    const configured = file === undefined ? {} : readConfiguration(file);
    settings = readSettings({ ...configured, ...givenOptions(given, folder) });
    return [ok('configuration', `${file ?? 'options alone'}, for *.${settings.domain}`)];
  });
  if (settings) for (const [subject, look] of checksOf(settings, file, env, now)) await run(subject, look);
  if (errors > 0) throw new StartJupyterError('bad-configuration', `${errors} of the checks found an error.`);
}

type Check = () => Finding[] | Promise<Finding[]>;

function checksOf(
  settings: Settings,
  file: string | undefined,
  env: NodeJS.ProcessEnv,
  now: () => Date,
): [string, Check][] {
  const { certificateFiles, keyFiles } = settings;
  const files = [...(file === undefined ? [] : [file]), ...certificateFiles, ...keyFiles];
  return [
    ['certificate', () => checkCertificateFiles(settings, now())],
    ['files', () => checkOwners(files)],
    ['secrets', () => checkSecrets(settings)],
    ['trusted_networks', () => checkTrustedNetworks(settings)],
    ['store', () => checkStore(storeFolder(settings.store, env))],
    ['listen', () => checkPlaces(settings)],
    ['DNS', () => checkNames(settings, () => randomName({ int: randomInt, bytes: randomBytes }))],
    ['max_connections', checkDescriptors],
  ];
}

/** A check that cannot be carried out has found something, too. */
function failed(subject: string, cause: unknown): Finding {
  if (!(cause instanceof Error)) throw cause;
  const { detail, hint } = cause instanceof StartJupyterError ? cause : {};
  return error(subject, [cause.message, detail, hint].filter(Boolean).join(' '));
}
