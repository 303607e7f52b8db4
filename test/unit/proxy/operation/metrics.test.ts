import { get } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../../../../src/proxy/operation/metrics.js';

async function metricsBed() {
  const metrics = createMetrics();
  const { port, close } = await metrics.serve({ host: '127.0.0.1', port: 0 }, () => ({
    sessions: { reserved: 2, mapped: 0, ready: 7 },
    connections: 31,
    certificateEndsAt: Date.parse('2027-01-01T00:00:00Z'),
  }));
  onTestFinished(close);
  const scrape = (path = '/metrics') =>
    new Promise<{ status?: number; text: string }>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      }).on('error', reject);
    });
  return { ...metrics, port, scrape };
}

describe('metrics', () => {
  it('counts calls by how they went, ends by cause, and what a limit refused', async () => {
    const { count, scrape } = await metricsBed();
    count('reserve', { kind: 'v1', source: '10.0.0.1', session: 'big-red-fox' });
    count('reserve', { kind: 'v1', source: '10.0.0.1', refused: 'limit-reached' });
    count('redeem', { kind: 'classic', source: '10.0.0.1', refused: 'Unknown nonce or nonce already used' });
    count('ended', { session: 'big-red-fox', cause: 'expired' });
    for (let at = 0; at < 3; at++) count('limit-reached', { limit: 'connections-per-address' });
    const { text } = await scrape();
    expect(text).toContain('start_jupyter_calls_total{call="reserve",protocol="v1",result="done"} 1');
    expect(text).toContain(
      'start_jupyter_calls_total{call="reserve",protocol="v1",result="limit-reached"} 1',
    );
    expect(text).toContain('start_jupyter_calls_total{call="redeem",protocol="classic",result="oops"} 1');
    expect(text).toContain('start_jupyter_sessions_ended_total{cause="expired"} 1');
    expect(text).toContain('start_jupyter_limit_refusals_total{limit="connections-per-address"} 3');
    expect(text).not.toMatch(/fox|10\.0\.0\.1|nonce/);
  });

  it('shows sessions, connections, the end of the certificate and the process', async () => {
    const { text } = await (await metricsBed()).scrape();
    expect(text).toContain('start_jupyter_sessions{phase="ready"} 7');
    expect(text).toContain('start_jupyter_connections 31');
    expect(text).toContain('start_jupyter_certificate_end_seconds 1798761600');
    expect(text).toContain('process_open_fds');
  });

  it('serves nothing else, and says when its port is taken', async () => {
    const { scrape, port } = await metricsBed();
    expect((await scrape('/')).status).toBe(404);
    const again = createMetrics().serve({ host: '127.0.0.1', port }, () => {
      throw new Error('not asked');
    });
    await expect(again).rejects.toMatchObject({ code: 'address-in-use' });
  });
});
