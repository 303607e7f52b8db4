// Who is compared on which path. `fresh` is the same work as ours: a full handshake with the backend for each new connection.
import { apache } from './peers/apache.mjs';
import { caddy } from './peers/caddy.mjs';
import { configurableHttpProxy } from './peers/chp.mjs';
import { haproxy } from './peers/haproxy.mjs';
import { nginx } from './peers/nginx.mjs';
import { ours } from './peers/ours.mjs';

export const PLAIN = [
  ours('plain'),
  nginx('stream', 'plain'),
  nginx('http', 'plain'),
  haproxy('tcp', 'plain'),
  haproxy('http', 'plain'),
  apache,
  caddy,
  configurableHttpProxy,
];

export const PINNED = [
  ours('pinned'),
  nginx('stream', 'pinned', { fresh: true }),
  haproxy('tcp', 'pinned', { fresh: true }),
  // As they are by themselves: TLS sessions of the backend are used again, by the HTTP proxies connections as well.
  nginx('stream', 'pinned'),
  haproxy('tcp', 'pinned'),
  nginx('http', 'pinned'),
  haproxy('http', 'pinned'),
];

/** Only the same work, where it must be quick. */
export const SAME_WORK = PINNED.slice(0, 3);

/** How each takes up a new mapping. Ours with and without a look at the backend's certificate, the others once. */
export const MAPPING = [ours('plain'), ours('pinned'), ...PLAIN.slice(1)];
