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
  nginx('stream', 'pinned'),
  haproxy('tcp', 'pinned'),
  nginx('http', 'pinned'),
  haproxy('http', 'pinned'),
];

/** How each takes up a new mapping, once a program: the path makes no difference to that. */
export const MAPPING = [ours('pinned'), ...PLAIN.slice(1)];
