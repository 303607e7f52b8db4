import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartJupyterError } from '../../errors.js';
import { manageHost } from '../../satellite/protocol.js';
import type { Key } from '../configuration/keys.js';
import type { Settings } from '../configuration/settings.js';
import { ownAddresses, parseNetworks, placeText } from '../network/addresses.js';
import { listen } from '../network/listen.js';
import { error, ok, warning, type Finding } from './finding.js';

/** Far apart from each other, and certainly nobody's cluster. */
const PUBLIC_ADDRESSES = ['8.8.8.8', '193.0.14.129', '2001:4860:4860::8888'];
const LOOPBACK = ['127.0.0.1', '::1'];
const DNS_LIMIT_MS = 5_000;

export function checkTrustedNetworks({ trustedNetworks, allowLocalBackends }: Settings): Finding[] {
  const key = 'trusted_networks';
  if (trustedNetworks.length === 0) {
    return [
      warning(
        key,
        'There are none: nobody can start a session. Name the networks of login and compute nodes.',
      ),
    ];
  }
  const networks = parseNetworks(trustedNetworks);
  const held = (addresses: string[]) => addresses.find((address) => networks.includes(address));
  const everyone = held(PUBLIC_ADDRESSES);
  const own = held([...LOOPBACK, ...ownAddresses()]);
  return [
    everyone === undefined
      ? ok(key, networks.text)
      : warning(key, `${networks.text} holds ${everyone}: they should hold the cluster and nothing else.`),
    ...(allowLocalBackends
      ? [warning('allow_local_backends', 'Sessions may run on this very host: for trying out alone.')]
      : []),
    ...(own === undefined || allowLocalBackends
      ? []
      : [
          warning(
            key,
            `${own} of this host is among them: whoever runs programs here may take names. Leave it out, or let nobody log in here.`,
          ),
        ]),
  ];
}

/** Listens for a moment where `serve` would; nothing that is in use is disturbed by it. */
export async function checkPlaces({
  listen: https,
  redirectListen,
  metricsListen,
}: Settings): Promise<Finding[]> {
  const places: [Key, Settings['redirectListen']][] = [
    ['listen', https],
    ['redirect_listen', redirectListen],
    ['metrics_listen', metricsListen],
  ];
  const findings: Finding[] = [];
  for (const [key, place] of places) if (place) findings.push(await checkPlace(key, place));
  return findings;
}

async function checkPlace(key: Key, place: { host: string; port: number }): Promise<Finding> {
  const text = placeText({ address: place.host, port: place.port });
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, place, key);
    await new Promise((resolve) => server.close(resolve));
    return ok(key, `${text} is free.`);
  } catch (cause) {
    if (!(cause instanceof StartJupyterError)) throw cause;
    const { code } = cause.cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      return warning(
        key,
        `${text} is in use. That is right if the proxy runs, or its socket unit; otherwise "ss -ltnp sport = :${place.port}" names the program.`,
      );
    }
    if (code === 'EACCES') {
      return warning(
        key,
        `${text}: this user may not listen there. That is right if systemd opens it for the proxy.`,
      );
    }
    return error(key, `${cause.message} ${cause.hint ?? ''}`);
  }
}

/** Whether control and any session lead to this host. */
export async function checkNames({ domain }: Settings, randomName: () => string): Promise<Finding[]> {
  const subject = 'DNS';
  if (/(^|\.)localhost$/.test(domain)) {
    return [ok(subject, `Names under ${domain} lead to each machine itself, in browsers and in curl.`)];
  }
  const own = new Set([...LOOPBACK, ...ownAddresses()]);
  return Promise.all(
    [manageHost(domain), `${randomName()}.${domain}`].map(async (host) => {
      const addresses = await addressesOf(host);
      if (typeof addresses === 'string') {
        return warning(
          subject,
          `${host}: ${addresses}. There must be a wildcard record *.${domain} that leads here.`,
        );
      }
      const text = `${host} leads to ${addresses.join(', ')}`;
      return addresses.some((address) => own.has(address))
        ? ok(subject, text)
        : warning(
            subject,
            `${text}, which is no address of this host. That is right behind a port forwarding that keeps addresses.`,
          );
    }),
  );
}

/** Why not, in a word, when there are none. */
async function addressesOf(host: string): Promise<string[] | string> {
  const giveUp = new AbortController();
  const late = sleep(DNS_LIMIT_MS, 'no answer in time', { signal: giveUp.signal });
  late.catch(() => undefined);
  const found = lookup(host, { all: true }).then(
    (all) => all.map(({ address }) => address),
    (cause: unknown) => (cause as NodeJS.ErrnoException).code ?? 'not found',
  );
  try {
    return await Promise.race([found, late]);
  } finally {
    giveUp.abort();
  }
}
