import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../errors.js';
import type { Limits } from '../limiting/limits.js';
import type { Networks } from '../network/addresses.js';
import type { Log } from '../operation/log.js';
import type { Clock } from '../registry/clock.js';
import { Refusal } from '../registry/refusal.js';
import type { Registry } from '../registry/registry.js';
import { isAdministratorsCall } from './admin.js';
import { answerClassic, answerRefusal } from './answers.js';
import { answerApi } from './api.js';
import { createCallLimits, type CallLimits } from './call-limits.js';
import { callerAddress, isFromBrowser, isFromThisMachine } from './caller.js';
import { answerJobState, updateJobs } from './classic-job-states.js';
import {
  answerEndpoint,
  destroyToken,
  getLink,
  linkToken,
  redeemToken,
  type ClassicCall,
} from './classic.js';
import type { TargetSettings } from './targets.js';

export interface ControlSettings extends TargetSettings {
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
  /** SHA-256 (hex) of the administrator's token; without it their calls do not exist. */
  adminTokenSha256?: string;
  limits: Limits;
}

export interface ControlDeps {
  registry: Registry;
  settings: ControlSettings;
  clock: Clock;
  log: Log;
  /** How many connections of browsers a session has. */
  connectionsOf: (name: string) => number;
}

/** What every call has at hand. */
export interface ControlParts extends ControlDeps {
  callLimits: CallLimits;
}

/** The request listener of the management host. */
export type Control = (request: IncomingMessage, response: ServerResponse) => void;

/** Our own API, and beside it the classic endpoints where they are switched on. */
export function createControl(given: ControlDeps): Control {
  const { limits, trustedNetworks } = given.settings;
  const deps = { ...given, callLimits: createCallLimits(limits, trustedNetworks, given.clock) };
  return (request, response) => {
    // One request a connection, and it is closed by us: the limit of requests alone would leave that to the client.
    response.shouldKeepAlive = false;
    answer(deps, request, response).catch((error: unknown) => answerFailure(deps, response, error));
  };
}

async function answer(deps: ControlParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  const source = callerAddress(request);
  const endpoint = deps.settings.classicEndpoints ? classicEndpoint(deps, path) : undefined;
  if (endpoint) {
    await endpoint({ deps, request, response, source });
    return;
  }
  if (isFromBrowser(request)) {
    throw new Refusal('not-for-browsers', 'This address is for programs, not for browsers.');
  }
  const onProxyHost = isAdministratorsCall(request.method, path) && isFromThisMachine(request);
  if (!onProxyHost && !deps.settings.trustedNetworks.includes(source)) {
    deps.log('untrusted-call', { kind: 'v1', source, refused: 'outside-trusted-networks' });
    throw new Refusal(
      'outside-trusted-networks',
      `Your address ${source} is not in the trusted networks of this proxy.`,
    );
  }
  await answerApi(deps, request, response, path);
}

type ClassicEndpoint = (call: ClassicCall) => Promise<void> | void;

function classicEndpoint(deps: ControlParts, path: string): ClassicEndpoint | undefined {
  const { jobStateSources } = deps.settings;
  switch (path) {
    case '/getlink.cgi':
      return notForBrowsers((call) => answerEndpoint('reserve', getLink, call));
    case '/redeemtoken.cgi':
      return notForBrowsers((call) => answerEndpoint('redeem', redeemToken, call));
    case '/linktoken.cgi':
      return notForBrowsers((call) => answerEndpoint('link', linkToken, call));
    case '/destroytoken.cgi':
      return notForBrowsers((call) => answerEndpoint('destroy', destroyToken, call));
    case '/tokenjobstate.cgi':
      return answerJobState;
    case '/update-jobs.cgi':
      if (!jobStateSources) return undefined;
      return notForBrowsers((call) => answerEndpoint('feed', (it) => updateJobs(it, jobStateSources), call));
    default:
      return undefined;
  }
}

function notForBrowsers(endpoint: ClassicEndpoint): ClassicEndpoint {
  return (call) => {
    if (!isFromBrowser(call.request)) return endpoint(call);
    answerClassic(call.response, 'Oops! This address is not for browsers.\n', 'text/plain', 403);
  };
}

function answerFailure({ log }: ControlDeps, response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refusal)) {
    log('control-failed', { error: messageOf(error) });
  }
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const refusal =
    error instanceof Refusal ? error : new Refusal('internal', 'Something went wrong in the proxy.');
  answerRefusal(response, refusal);
}
