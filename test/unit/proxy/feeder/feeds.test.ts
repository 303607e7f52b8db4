/** Feeds at a real proxy over TLS; Slurm's listing is put together here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../../../src/certificate.js';
import { callApi, callService } from '../../../../src/proxy/client/calls.js';
import { classicFeed, ownFeed } from '../../../../src/proxy/feeder/feeds.js';
import { readQstatQueue } from '../../../../src/proxy/feeder/qstat-queue.js';
import type { Scheduler } from '../../../../src/proxy/feeder/scheduler.js';
import { readSlurmQueue } from '../../../../src/proxy/feeder/slurm-queue.js';
import { startProxy, type RunningProxy } from '../../../../src/proxy/module.js';
import type { Service } from '../../../../src/proxy/client/service.js';
import { sha256Hex, type ReserveAnswer, type SessionAnswer } from '../../../../src/satellite/protocol.js';
import { tlsServer } from '../../platform/tls-server.js';

const DOMAIN = 'jupyter.localhost';
const SECRET = 'the-feeders-secret';
const { signal } = new AbortController();

/** What Slurm has, by job id. */
let jobs: Record<string, string> = {};
let timesAsked = 0;
const scheduler: Scheduler = {
  queue() {
    timesAsked++;
    const line = ([id, state]: [string, string]) =>
      `${[id, id, id, state, 'Priority', 'N/A', 'N/A'].join('\x1f')}\n`;
    return Promise.resolve(readSlurmQueue(Object.entries(jobs).map(line).join(''), 0));
  },
  accounts: () => Promise.resolve(new Map()),
};

describe('a feed', () => {
  let proxy: RunningProxy;
  let service: Service;
  const events: { event: string; fields: object }[] = [];
  const counts = (...names: string[]) =>
    names.map((name) => events.filter(({ event }) => event === name).length);

  beforeAll(async () => {
    const authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
    const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 2 });
    proxy = await startProxy({
      domain: DOMAIN,
      listen: { host: '127.0.0.1', port: 0 },
      certificates: [certificate],
      trustedNetworks: ['127.0.0.0/8'],
      jobStateSources: ['127.0.0.0/8'],
      feederSecret: SECRET,
      log: (event, fields) => events.push({ event, fields }),
    });
    service = { origin: new URL(proxy.controlUrl), ca: authority.certificatePem };
  });
  afterAll(() => proxy.close());

  async function linkedSession(jobId: string): Promise<() => Promise<SessionAnswer>> {
    const json = { certificateSha256: 'c'.repeat(64), viewerKeySha256: sha256Hex('key') };
    const path = '/api/v1/sessions';
    const { name, redeemSecret: secret } = (await callApi(service, {
      method: 'POST',
      path,
      json,
    })) as ReserveAnswer;
    await callApi(service, { method: 'PUT', path: `${path}/${name}/job`, secret, json: { jobId } });
    return async () =>
      (await callApi(service, { method: 'GET', path: `${path}/${name}`, secret })) as SessionAnswer;
  }

  async function linkedClassicSession(jobId: string): Promise<() => Promise<string>> {
    const get = async (path: string) => (await callService(service, { method: 'GET', path })).body;
    const name = (await get('/getlink.cgi')).split('\n')[1] ?? '';
    await get(`/linktoken.cgi?token=${name}&jobid=${jobId}`);
    return () => get(`/tokenjobstate.cgi?token=${name}`);
  }

  it('of our own proxy: one question and one report a round, about the jobs that matter', async () => {
    const feed = ownFeed(service, SECRET, scheduler);
    expect(await feed(signal)).toEqual({ reported: 0, wanted: 0, found: 0, complete: true });
    expect([timesAsked, counts('wanted', 'feed')]).toEqual([0, [1, 0]]);

    const [first, second, elsewhere] = [
      await linkedSession('71'),
      await linkedSession('72'),
      await linkedSession('73'),
    ];
    jobs = { '70': 'RUNNING', '71': 'PENDING', '72': 'CANCELLED' };
    expect(await feed(signal)).toEqual({ reported: 3, wanted: 3, found: 2, complete: true });
    expect([timesAsked, counts('wanted', 'feed')]).toEqual([1, [2, 1]]);
    expect(events.find(({ event }) => event === 'feed')?.fields).toMatchObject({ jobs: 3 });
    expect(await first()).toMatchObject({ phase: 'reserved', job: { state: 'waiting', reason: 'Priority' } });
    expect(await second()).toMatchObject({ phase: 'ended', job: { state: 'ended', outcome: 'cancelled' } });
    expect(await elsewhere()).toMatchObject({ phase: 'reserved', job: { state: 'unknown' } });
    // Of the second one everything is known now.
    expect(await feed(signal)).toMatchObject({ wanted: 2 });
  });

  it('of our own proxy is for classic sessions, too', async () => {
    const state = await linkedClassicSession('81');
    jobs = { '81': 'PENDING' };
    await ownFeed(service, SECRET, scheduler)(signal);
    expect(await state()).toBe('Q');
  });

  it('of Torque and PBS is for a job however its server is written, classic or not', async () => {
    const block = (id: string, state: string) =>
      `Job Id: ${id}.head.example.org\n    job_state = ${state}\n\n`;
    const text = block('61', 'Q') + block('62', 'F') + block('63', 'R') + block('64', 'Q');
    const qstat: Scheduler = {
      queue: () => Promise.resolve(readQstatQueue('pbs', text, 0)),
      accounts: () => Promise.resolve(new Map()),
    };
    const own = [
      await linkedSession('61.head'),
      await linkedSession('62.head.example.org'),
      await linkedSession('63'),
    ];
    const classic = await linkedClassicSession('64.head');
    expect(await ownFeed(service, SECRET, qstat)(signal)).toMatchObject({ found: 4 });
    const states = await Promise.all(own.map(async (look) => (await look()).job?.state));
    expect(states).toEqual(['waiting', 'ended', 'running']);
    expect(await classic()).toBe('Q');
  });

  it('of update-jobs.cgi reports every job of the queue, and ends none of our own sessions', async () => {
    const [state, own] = [await linkedClassicSession('91'), await linkedSession('92')];
    const feed = classicFeed(service, scheduler);
    jobs = {};
    expect(await feed(signal)).toEqual({ reported: 0, complete: true });
    jobs = { '91': 'RUNNING', '92': 'CANCELLED' };
    expect(await feed(signal)).toEqual({ reported: 2, complete: true });
    expect(await state()).toBe('R');
    jobs = { '91': 'COMPLETED' };
    await feed(signal);
    expect(await state()).toBe('D');
    expect(await own()).toMatchObject({ phase: 'reserved' });
  });

  it('takes ten thousand jobs in one report', async () => {
    jobs = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, job) => [String(1_000_000 + job), 'PENDING']),
    );
    expect(await classicFeed(service, scheduler)(signal)).toMatchObject({ reported: 10_000 });
  });

  it('with another secret is refused, and says what must be the same', async () => {
    await expect(ownFeed(service, 'another', scheduler)(signal)).rejects.toMatchObject({
      code: 'proxy-refused',
      hint: expect.stringContaining('must hold what the proxy’s own holds') as string,
    });
  });
});

describe('a service that does not take it', () => {
  const at = async (status: number, body: string, headers = {}): Promise<Service> => {
    const { port, ca } = await tlsServer((_request, response) =>
      response.writeHead(status, headers).end(body),
    );
    return { origin: new URL(`https://manage.test.localhost:${port}`), ca };
  };

  it('classic: in its own words', async () => {
    jobs = { '1': 'RUNNING' };
    const service = await at(200, 'Oops! Client (your) IP not in range 10.0.0.0/8\n');
    await expect(classicFeed(service, scheduler)(signal)).rejects.toMatchObject({
      code: 'proxy-refused',
      message: expect.stringMatching(/ refused: Client \(your\) IP not in range 10\.0\.0\.0\/8\.$/) as string,
    });
  });

  it.each([
    [404, '<title>404</title>', {}, 'proxy-unintelligible'],
    [200, '{"jobs":[]}', {}, 'proxy-unintelligible'],
    [302, '', { location: 'https://elsewhere.test.localhost/' }, 'proxy-unintelligible'],
    [200, '{"jobs":17}', { 'start-jupyter-api': '1' }, 'proxy-unintelligible'],
    [200, 'no JSON', { 'start-jupyter-api': '1' }, 'proxy-unintelligible'],
    [503, '', {}, 'proxy-refused'],
  ])('own: %d %j %j', async (status, body, headers, code) => {
    await expect(ownFeed(await at(status, body, headers), SECRET, scheduler)(signal)).rejects.toMatchObject({
      code,
    });
  });
});
