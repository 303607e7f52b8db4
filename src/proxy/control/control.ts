import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../registry/clock.js';
import type { Log } from '../registry/outside.js';
import type { Registry } from '../registry/registry.js';
import type { Networks } from './networks.js';

export interface ControlSettings {
  /** The service's base name: sessions are at `https://NAME.DOMAIN`, control at `https://manage.DOMAIN`. */
  domain: string;
  /** The port in URLs, as browsers reach it; 443 is left out. */
  publicPort: number;
  /** Whose calls are taken (docs/architecture.md). */
  trustedNetworks: Networks;
  /** Who may post to update-jobs.cgi; without any it does not exist. */
  jobStateSources?: Networks;
  /** Whether the classic `.cgi` endpoints exist. */
  classicEndpoints: boolean;
  /** SHA-256 (hex) of the feeder's secret; without it PUT /api/v1/jobs does not exist. */
  feederSecretSha256?: string;
}

export interface ControlDeps {
  registry: Registry;
  settings: ControlSettings;
  clock: Clock;
  log: Log;
}

/** The request listener of the management host. */
export type Control = (request: IncomingMessage, response: ServerResponse) => void;
