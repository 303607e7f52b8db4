import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { readToken } from '../configuration/files.js';
import type { Settings } from '../configuration/settings.js';
import { shareDescriptors } from '../data/descriptors.js';
import { openStore } from '../store/open-store.js';
import { error, ok, warning, type Finding } from './finding.js';

/** Fewer than that are soon used up: a notebook that is open has five to ten. */
const FEW_CONNECTIONS = 2_000;

/** Throws StartJupyterError for a secret that `serve` would refuse. */
export function checkSecrets({ feederSecretFile, adminTokenFile, auditLogFile }: Settings): Finding[] {
  const findings: Finding[] = [];
  for (const [key, file] of [
    ['feeder_secret_file', feederSecretFile],
    ['admin_token_file', adminTokenFile],
  ] as const) {
    if (readToken(file, key) !== undefined)
      findings.push(ok(key, `${file} can be read by those alone who may.`));
  }
  if (auditLogFile !== undefined) {
    const writable = mayWrite(existsSync(auditLogFile) ? auditLogFile : dirname(auditLogFile));
    const text = `${auditLogFile} can${writable ? '' : 'not'} be written by this user.`;
    findings.push(
      writable ? ok('audit_log', text) : warning('audit_log', `${text} Can the user of the proxy?`),
    );
  }
  return findings;
}

/** Who can change these files can be the proxy. That one is missing is another check's finding. */
export function checkOwners(files: readonly string[]): Finding[] {
  return files
    .filter((file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0)
    .map((file) => error('files', `Every user of this machine may change ${file}. chmod o-w ${file}`));
}

/** Opens a copy: the store may be another user's, and a proxy may be about to open it. */
export async function checkStore(folder: string | undefined): Promise<Finding[]> {
  const subject = 'store';
  if (folder === undefined)
    return [warning(subject, 'It is kept in memory: a restart forgets every session.')];
  if (!existsSync(folder)) return [ok(subject, `${folder} will be made at the first start.`)];
  const mode = statSync(folder).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    return [
      error(subject, `${folder} is open to other users (mode ${mode.toString(8)}). chmod 700 ${folder}`),
    ];
  }
  if (isLocked(join(folder, 'lock'))) return [ok(subject, `${folder} is in use by a proxy that runs.`)];
  const copy = await mkdtemp(join(tmpdir(), 'start-jupyter-store-check-'));
  try {
    // systemd's state directory is a link, and is followed.
    await cp(await realpath(folder), copy, { recursive: true });
    // Nothing of it is followed further: the store is another user's, and this may be root.
    const odd = (await readdir(copy, { withFileTypes: true })).find((entry) => !entry.isFile());
    if (odd)
      return [error(subject, `${join(folder, odd.name)} is no file. Nobody but the proxy may write there.`)];
    const store = await openStore(copy, () => undefined);
    const sessions = await store.load().finally(() => store.close());
    return [ok(subject, `${folder} holds ${sessions.length} sessions, ended ones among them.`)];
  } catch (cause) {
    if (cause instanceof StartJupyterError) {
      return [error(subject, [cause.message, cause.detail, cause.hint].join(' ').replaceAll(copy, folder))];
    }
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EACCES') throw cause;
    return [
      warning(
        subject,
        `${folder} cannot be looked at by this user. Run the check as the user of the proxy, or as root.`,
      ),
    ];
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

export function checkDescriptors(): Finding[] {
  const { connections } = shareDescriptors();
  const text = `${connections} connections at once, by the limit of open files that this check runs with.`;
  return [
    connections < FEW_CONNECTIONS
      ? warning('max_connections', `${text} Raise it: LimitNOFILE= in the unit, ulimit -n in a shell.`)
      : ok('max_connections', text),
  ];
}

/** By the kernel's list, where there is one: taking the lock to try it could keep a proxy from starting. */
function isLocked(file: string): boolean {
  if (!existsSync(file) || !existsSync('/proc/locks')) return false;
  const { ino } = statSync(file);
  return new RegExp(`FLOCK .*:${ino} `).test(readFileSync('/proc/locks', 'utf8'));
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
