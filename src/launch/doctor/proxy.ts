import type { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout } from 'node:timers/promises';
import type { Endpoint } from '../../satellite/client.js';
import { lookAtProxy } from '../../satellite/look.js';
import { manageHost } from '../../satellite/protocol.js';
import type { System } from '../../site/system.js';
import { hostKnown, hostShort, hostUnknown, noProxyNeeded, SSH_LABEL } from '../../words/ssh.js';
import { authority } from '../authority.js';
import type { LaunchContext } from '../context.js';
import { endpointOf, isBySsh } from '../endpoint.js';
import { sshHost } from '../ssh-plan.js';
import { notOwnProxy, PROXY } from '../../words/doctor.js';
import type { Surroundings } from './examine.js';
import { bad, doubtful, good, type Finding } from './finding.js';

/** Less than what a look may take. */
const TIMEOUT_MS = 7000;
const LOOKUP_MS = 3000;
const DAY_MS = 86_400_000;
/** A certificate that is renewed by itself has been by then. */
const EXPIRES_SOON_DAYS = 14;
/** What is said of the start of a job is as wrong as the clock. */
const CLOCK_DOUBT_MS = 60_000;

/** The proxy as a launch would reach it, its certificate, and this machine's clock beside its own. */
export async function lookAtProxyOf({ context, options, system }: Surroundings): Promise<Finding[]> {
  if (!system && !options.endpoint) {
    return [doubtful('Proxy', ...PROXY.notLooked)];
  }
  if (isBySsh(options, system ?? { values: {} }))
    return [good('Proxy', noProxyNeeded()), await loginHostFinding(context, system)];
  const endpoint = await whereTo({ context, options, ...(system ? { system } : {}) });
  if (endpoint === undefined) {
    return [good('Proxy', PROXY.noneNeeded)];
  }
  const asked = context.now();
  const { kind, certificate, date } = await lookAtProxy(endpoint, TIMEOUT_MS, context.signal);
  const answered = context.now();
  const host = shownHost(endpoint);
  if (kind === 'other' && endpoint.protocol === 'v1') {
    throw notOwnProxy(host);
  }
  return [
    good('Proxy', kind === 'own' ? PROXY.own(host) : PROXY.classic(host)),
    ...(certificate ? [certificateFinding(certificate, endpoint, answered)] : []),
    ...(date ? [clockFinding(date, asked, answered)] : []),
  ];
}

/** Names mean the same everywhere only with their domain; what this machine's resolver knows is a sign, no more. */
async function loginHostFinding(context: LaunchContext, system: System | undefined): Promise<Finding> {
  const host = (await sshHost(context, system)).split(':')[0] ?? '';
  if (!host.includes('.')) {
    const { text, hint } = hostShort(host);
    return doubtful(SSH_LABEL, text, hint);
  }
  const known = await Promise.race([
    lookup(host).then(
      () => true,
      () => false,
    ),
    setTimeout(LOOKUP_MS, false, { ref: false }),
  ]);
  const { text, hint } = hostUnknown(host);
  return known ? good(SSH_LABEL, hostKnown(host)) : doubtful(SSH_LABEL, text, hint);
}

async function whereTo({ context, options, system }: Surroundings): Promise<Endpoint | undefined> {
  const pem = await authority(context, options, system ?? { values: {} });
  const ca = pem === undefined ? {} : { ca: pem };
  if (!system) return options.endpoint && { ...options.endpoint, protocol: 'auto', ...ca };
  return endpointOf(options, { system, scheduler: { kind: system.values.scheduler }, ...ca });
}

function shownHost({ domain, port }: Endpoint): string {
  return port === 443 ? manageHost(domain) : `${manageHost(domain)}:${port}`;
}

function certificateFinding(certificate: X509Certificate, { domain }: Endpoint, now: Date): Finding {
  const names = (certificate.subjectAltName ?? '').replaceAll('DNS:', '');
  const until = new Date(certificate.validTo);
  const days = Math.floor((until.getTime() - now.getTime()) / DAY_MS);
  const text = PROXY.trusted(names, until.toISOString().slice(0, 10));
  if (certificate.checkHost(`any-session-name.${domain}`) === undefined) {
    return bad('Certificate', 'proxy-untrusted', ...PROXY.otherName(names, domain));
  }
  if (days >= EXPIRES_SOON_DAYS) return good('Certificate', text);
  return doubtful('Certificate', text, PROXY.expires(days));
}

/** The proxy says its time to the second, somewhere between the two moments. */
export function clockFinding(date: Date, asked: Date, answered: Date): Finding {
  const ahead = asked.getTime() - (date.getTime() + 1000);
  const behind = date.getTime() - answered.getTime();
  const off = Math.max(ahead, behind);
  if (off <= CLOCK_DOUBT_MS) return good('Clock', PROXY.clock);
  return doubtful('Clock', ...PROXY.wrongClock(off, ahead > behind));
}
