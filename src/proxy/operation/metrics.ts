/** Prometheus metrics: counters from the events that are logged, gauges from what the proxy says of itself. */
import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { listen } from '../network/listen.js';
import type { Place, ProxyStatus } from '../proxy-options.js';
import type { Log } from './log.js';

export interface Metrics {
  /** Counts every event; names and addresses of sessions are in no label. */
  count: Log;
  /** Serves `GET /metrics`. Throws as {@link listen}. */
  serve: (place: Place, status: () => ProxyStatus) => Promise<{ port: number; close: () => void }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const calls = new Counter({
    name: 'start_jupyter_calls_total',
    help: 'Calls of control, by what they asked for and how it went (done, or why it was refused).',
    labelNames: ['call', 'protocol', 'result'],
    registers,
  });
  const ended = new Counter({
    name: 'start_jupyter_sessions_ended_total',
    help: 'Sessions that ended, by cause.',
    labelNames: ['cause'],
    registers,
  });
  const limits = new Counter({
    name: 'start_jupyter_limit_refusals_total',
    help: 'What was refused because of a limit, by limit.',
    labelNames: ['limit'],
    registers,
  });
  const others = new Counter({
    name: 'start_jupyter_events_total',
    help: 'Other events of the log, by name.',
    labelNames: ['event'],
    registers,
  });

  const count: Log = (event, fields) => {
    const { kind, refused, cause, limit } = fields as Record<string, string | undefined>;
    if (event === 'ended') ended.inc({ cause });
    else if (limit !== undefined) limits.inc({ limit });
    else if (CALLS.has(event)) {
      calls.inc({ call: event, protocol: kind, result: refused === undefined ? 'done' : codeOf(refused) });
    } else others.inc({ event });
  };

  async function serve(place: Place, status: () => ProxyStatus) {
    gauges(registers, status);
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    });
    const { port } = await listen(server, place, '--metrics-listen');
    return { port, close: () => closeNow(server) };
  }

  return { count, serve };
}

const CALLS = new Set([
  'reserve',
  'link',
  'redeem',
  'ending',
  'look',
  'destroy',
  'feed',
  'wanted',
  'list',
  'evict',
]);

/** A code of our own API; a classic refusal is a sentence. */
function codeOf(refused: string): string {
  return /^[a-z-]+$/.test(refused) ? refused : 'oops';
}

function gauges(registers: Registry[], status: () => ProxyStatus): void {
  new Gauge({
    name: 'start_jupyter_sessions',
    help: 'Sessions that have not ended, by phase.',
    labelNames: ['phase'],
    registers,
    collect() {
      for (const [phase, count] of Object.entries(status().sessions)) this.set({ phase }, count);
    },
  });
  new Gauge({
    name: 'start_jupyter_connections',
    help: 'Open connections of browsers and callers.',
    registers,
    collect() {
      this.set(status().connections);
    },
  });
  new Gauge({
    name: 'start_jupyter_certificate_end_seconds',
    help: 'When the first of the certificates in use ends, in seconds since 1970.',
    registers,
    collect() {
      this.set(status().certificateEndsAt / 1000);
    },
  });
}

function closeNow(server: Server): void {
  server.close();
  server.closeAllConnections();
}
