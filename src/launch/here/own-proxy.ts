/** A proxy inside the command, for this machine alone. The one place where the launcher loads the proxy. */
import { certificateAuthority, issueCertificate } from '../../certificate.js';
import type { RunningProxy } from '../../proxy/module.js';
import type { Endpoint } from '../../satellite/client.js';

/** Names under `.localhost` are loopback in every browser; a wildcard right under it is refused by all of them. */
const DOMAIN = 'jupyter.localhost';

/** It listens on loopback, and serves until it is closed. */
export async function startOwnProxy(now: Date): Promise<{ proxy: RunningProxy; endpoint: Endpoint }> {
  const { startProxy } = await import('../../proxy/module.js');
  // Made anew each time and kept in memory: an authority that lies about could be used to deceive a browser that trusts it.
  const authority = await certificateAuthority({
    commonName: 'start-jupyter, this machine only',
    days: 7,
    now,
  });
  const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 7, now });
  const proxy = await startProxy({
    domain: DOMAIN,
    listen: { host: '127.0.0.1', port: 0 },
    certificates: [certificate],
    trustedNetworks: ['127.0.0.0/8'],
    allowLocalBackends: true,
    classic: false,
  });
  return {
    proxy,
    endpoint: { domain: DOMAIN, port: proxy.port, protocol: 'v1', ca: authority.certificatePem },
  };
}
