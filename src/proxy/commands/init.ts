import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { certificateAuthority, issueCertificate } from '../../certificate.js';
import { messageOf, StartJupyterError } from '../../errors.js';
import { valueOf } from '../configuration/reader.js';
import { domainName } from '../configuration/values.js';
import type { Surroundings } from './surroundings.js';

const DAYS = 365;

/** Writes what `serve` needs for trying out; nothing that is there already is touched. */
export async function init(
  asked: { domain: string; dir: string },
  { folder, stdout }: Surroundings,
): Promise<void> {
  const domain = valueOf({ value: asked.domain, where: '--domain', folder, code: 'bad-option' }, domainName);
  const dir = resolve(folder, asked.dir);
  // The authority's key is kept nowhere: what trusts its certificate can be shown nothing else.
  const authority = await certificateAuthority({
    commonName: `${domain} for trying out`.slice(-64),
    days: DAYS,
  });
  const certificate = await issueCertificate({ authority, names: [`*.${domain}`, domain], days: DAYS });
  writeAll(dir, {
    'ca.pem': { text: authority.certificatePem, mode: 0o644 },
    'certificate.pem': { text: certificate.certificatePem, mode: 0o644 },
    'key.pem': { text: certificate.keyPem, mode: 0o600 },
    'proxy.yaml': { text: configuration(domain), mode: 0o644 },
  });
  stdout(nextSteps(domain, dir));
}

function writeAll(dir: string, files: Record<string, { text: string; mode: number }>): void {
  const there = Object.keys(files).find((name) => existsSync(join(dir, name)));
  if (there !== undefined) {
    throw new StartJupyterError(
      'bad-configuration',
      `${join(dir, there)} exists already; nothing was written.`,
      {
        hint: 'Choose another --dir, or remove the files of the earlier try.',
      },
    );
  }
  try {
    mkdirSync(dir, { recursive: true });
    for (const [name, { text, mode }] of Object.entries(files)) {
      writeFileSync(join(dir, name), text, { flag: 'wx', mode });
    }
  } catch (cause) {
    throw new StartJupyterError('bad-directory', `${dir} cannot be written.`, {
      detail: messageOf(cause),
      hint: '--dir names a folder that you may write, or one that can be made.',
      cause,
    });
  }
}

function configuration(domain: string): string {
  return `# start-jupyter-proxy, for trying out on this machine. Relative paths start from this file's folder.

# Sessions are served at https://NAME.${domain}, control is https://manage.${domain}.
domain: ${domain}

# 0.0.0.0:443 serves the world.
listen: 127.0.0.1:8443

# A wildcard certificate for *.${domain}, with its chain, and its key.
certificate: certificate.pem
key: key.pem

# From where sessions may be reserved and redeemed: the cluster's own network, such as 10.21.0.0/16.
trusted_networks:
  - 127.0.0.0/8
  - ::1/128

# Where sessions are kept; they outlive a restart. "memory" forgets them.
store: state

# For trying out the jobs run on this very machine. On a proxy host of its own leave it out.
allow_local_backends: true

# Where browsers reach another port than the one above:
# public_port: 443

# The classic .cgi endpoints, for older clients:
# classic: true
# job_state_sources:
#   - 10.21.0.5/32

# Sessions without a certificate of their own (their traffic to the node can be read there):
# allow_plain_backends: false

# The secret of the program that reports job states, in a file of mode 0600:
# feeder_secret_file: feeder.secret
`;
}

function nextSteps(domain: string, dir: string): string {
  const resolving = /\.localhost$/.test(domain)
    ? `Names under ${domain} lead to this machine in browsers and in curl, without DNS.`
    : `DNS: a wildcard record *.${domain} must lead to this machine. /etc/hosts knows no wildcards; for a\n` +
      `first look put the names there one by one: 127.0.0.1 manage.${domain} NAME.${domain}`;
  return `Written: ${join(dir, 'proxy.yaml')}, certificate.pem, key.pem and ca.pem beside it.

Start the proxy:
  start-jupyter-proxy serve --config ${join(dir, 'proxy.yaml')}

Launch through it:
  start-jupyter --endpoint ${domain}:8443 --ca ${join(dir, 'ca.pem')}

Browsers warn about a certificate made just now until they trust ca.pem:
  Firefox: Settings, Certificates, View Certificates, Authorities, Import
  Chromium on Linux: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n start-jupyter -i ${join(dir, 'ca.pem')}
  macOS: security add-trusted-cert -k ~/Library/Keychains/login.keychain-db ${join(dir, 'ca.pem')}
Nobody can make more certificates with it: its key was thrown away. It ends in ${DAYS} days.

${resolving}
`;
}
