/** The classic protocol both ways: our launcher with a classic service, and classic clients with our proxy. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser } from './bed/browser.js';
import { startClassicSatellite, type ClassicSatellite } from './bed/classic-satellite.js';
import { curlAs } from './bed/curl.js';
import { forgetSessions, launchAs, sessionDirectories, sessionOfJob, type Launch } from './bed/launches.js';
import { runCell } from './bed/notebook.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { cancelJob, clearJobsOf, jobInState, jobsOf } from './bed/slurm.js';
import { runAs, user } from './bed/users.js';

const carol = () => user(theBed().users.carol);

describeOnBed('the launcher with a classic service', () => {
  let satellite: ClassicSatellite;

  beforeEach(async () => {
    satellite = await startClassicSatellite();
  });

  afterEach(async () => {
    await clearJobsOf(carol().name);
    await satellite.close();
    forgetSessions(carol());
  });

  const get = (url: string, ...args: string[]) => curlAs(carol(), satellite.caFile, url, ...args);
  const launch = (...site: string[]): Promise<Launch> =>
    launchAs(satellite, ['-p', 'debug', '-t', '30', '--json'], { user: carol(), site });

  /** A cell of a notebook that is made by hand, so its kernel answers over a websocket through the service. */
  async function runInBrowser(url: string, code: string): Promise<string> {
    const browser = await startBrowser([satellite.caFile]);
    try {
      return (await runCell(await browser.open(url), code)).result;
    } finally {
      await browser.close();
    }
  }

  async function expectTakesNothing(): Promise<void> {
    expect(satellite.links.size).toBe(0);
    expect(sessionDirectories(carol())).toEqual([]);
    expect(await jobsOf(carol().name)).toEqual([]);
  }

  test('finds out what it is, redeems, serves the notebook over plain HTTP, gives the name back', async () => {
    const launched = await launch();
    expect(launched.exitCode).toBe(0);
    expect(satellite.calls).toEqual(['POST /api/v1/sessions', 'GET /getlink.cgi', 'GET /linktoken.cgi']);
    expect(satellite.links.get(launched.name)?.job).toBe(launched.jobId);
    const directory = sessionOfJob(carol(), launched.jobId);
    const state = `${satellite.controlUrl}/tokenjobstate.cgi?token=${launched.name}`;
    const served = await until(
      async () => ((await get(state)).body === 'PR' ? true : undefined),
      60_000,
      300,
    );
    expect(served, readFileSync(join(directory, 'job.log'), 'utf8')).toBe(true);

    const status = new URL('/api/status', launched.url).href;
    expect((await get(status)).status).toBe(403);
    const withToken = await get(status, '-H', `Authorization: token ${launched.token}`);
    expect(withToken).toMatchObject({ status: 200, body: expect.stringContaining('"kernels"') as string });
    expect(await runInBrowser(launched.url, '6*7')).toBe('42');
    // A plain backend: there is no certificate, and the name is the credential.
    const files = (await runAs(carol(), ['ls', directory])).stdout.split('\n');
    expect(files).toContain('token');
    for (const name of ['certificate.pem', 'key.pem', 'redeem.secret']) expect(files).not.toContain(name);

    await cancelJob(launched.jobId);
    await jobInState(launched.jobId, ['CANCELLED']);
    const gone = await until(() => !satellite.links.has(launched.name) || undefined, 15_000);
    expect(gone).toBe(true);
    expect(satellite.calls.slice(3).filter((call) => !call.includes('tokenjobstate'))).toEqual([
      'GET /redeemtoken.cgi',
      'GET /destroytoken.cgi',
    ]);
  });

  test('protocol: v1 refuses it', async () => {
    const launched = await launch('protocol: v1');
    expect(launched).toMatchObject({ exitCode: 5, stdout: '' });
    expect(JSON.parse(launched.stderr)).toMatchObject({ error: { code: 'proxy-too-old' } });
    expect(satellite.calls).toEqual(['POST /api/v1/sessions']);
    await expectTakesNothing();
  });

  test('protocol: classic goes straight to it', async () => {
    satellite.refuse = 'Problem generating unique URL. Sorry!';
    const launched = await launch('protocol: classic');
    expect(launched.exitCode).toBe(5);
    expect(launched.stderr).toContain('Problem generating unique URL. Sorry!');
    expect(satellite.calls).toEqual(['GET /getlink.cgi']);
    await expectTakesNothing();
  });

  test.each([503, 500, 429, 403])(
    'status %d is an error and no sign of a classic service',
    async (status) => {
      satellite.broken = status;
      const launched = await launch();
      expect(launched).toMatchObject({ exitCode: 5, stdout: '' });
      expect(satellite.calls).toEqual(['POST /api/v1/sessions']);
      await expectTakesNothing();
    },
  );
});

/** As the original bash client reads the token: the last word but one of the body with the status behind it. */
const GET_LINK = `
response=$(curl -s --cacert "$1" -w '%{http_code}' "$2/getlink.cgi")
echo $response | awk 'NF>1{printf $((NF-1))}'
`;

describeOnBed('classic clients with our proxy', () => {
  let proxy: Proxy;
  let backend: Server;
  let seen: IncomingMessage['headers'][];

  beforeAll(async () => {
    proxy = await startProxy({ serve: ['--job-state-source', '127.0.0.0/8'] });
  });

  beforeEach(async () => {
    seen = [];
    backend = createServer((request, response) => {
      seen.push(request.headers);
      response.end(`you asked for ${request.url ?? ''}`);
    });
    backend.listen(0, '127.0.0.1');
    await once(backend, 'listening');
  });

  afterEach(() => {
    backend.closeAllConnections();
    backend.close();
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const get = (path: string, ...args: string[]) =>
    curlAs(carol(), proxy.caFile, `${proxy.controlUrl}${path}`, ...args);
  const page = (name: string, path: string) =>
    curlAs(carol(), proxy.caFile, `https://${name}.${proxy.endpoint}${path}`);
  const says = async (path: string, ...args: string[]) => {
    const { status, body } = await get(path, ...args);
    expect(status).toBe(200);
    return body;
  };
  const state = (name: string) => says(`/tokenjobstate.cgi?token=${name}`);
  const port = () => (backend.address() as AddressInfo).port;

  async function getLink(): Promise<string> {
    const command = ['/bin/bash', '-c', GET_LINK, 'bash', proxy.caFile, proxy.controlUrl];
    const { stdout } = await runAs(carol(), command);
    expect(stdout).toMatch(/^[a-z]+-[a-z]+-[a-z]+$/);
    return stdout;
  }

  async function untilState(name: string, wanted: string): Promise<void> {
    await until(async () => ((await state(name)) === wanted ? true : undefined), 10_000, 100);
    expect(await state(name)).toBe(wanted);
  }

  test('getlink, linktoken, redeemtoken, the page, destroytoken', async () => {
    const name = await getLink();
    expect(await state(name)).toBe('PE');
    expect(await says(`/linktoken.cgi?token=${name}&jobid=4711`)).toBe('Success! Token linked to jobid.\n');
    expect(await says(`/linktoken.cgi?token=${name}&jobid=4712`)).toBe(
      'Oops! Nonce already linked to a jobid, you can do this only once!\n',
    );
    expect(await says('/update-jobs.cgi', '--data-urlencode', 'jobstates=4711 PENDING')).toBe(
      'Successfully updated jobs! \n',
    );
    expect(await state(name)).toBe('Q');
    // The page says what tokenjobstate.cgi does.
    expect(await page(name, '/')).toMatchObject({
      status: 503,
      body: expect.stringContaining('Your job is waiting') as string,
    });

    const redeem = `/redeemtoken.cgi?token=${name}&port=${port()}`;
    expect(await says(redeem)).toBe('Success!\n');
    expect(await says(redeem)).toBe('Oops! Unknown nonce or nonce already used\n');
    await untilState(name, 'PR');
    expect(await page(name, '/a%2Fb?c=d')).toEqual({ status: 200, body: 'you asked for /a%2Fb?c=d' });
    expect(seen.at(-1)?.host).toBe(`${name}.${proxy.endpoint}`);
    // Some clients ask with the whole host name.
    expect(await state(`${name}.${proxy.domain}`)).toBe('PR');

    expect(await says(`/destroytoken.cgi?token=${name}`)).toBe('Success! Token destroyed.\n');
    expect((await page(name, '/')).status).toBe(404);
    expect(await state(name)).toBe('');
    expect(await says(`/destroytoken.cgi?token=${name}`)).toBe(
      'Oops! Unknown nonce or nonce already destroyed\n',
    );
  });

  test('a job that the scheduler calls gone is shown as gone', async () => {
    const name = await getLink();
    await says(`/linktoken.cgi?token=${name}&jobid=4713`);
    await says('/update-jobs.cgi', '-d', 'jobstates=4713 R');
    expect(await state(name)).toBe('R');
    await says('/update-jobs.cgi', '-d', 'jobstates=4713 CA');
    expect(await state(name)).toBe('D');
  });

  describe('names of one protocol are unknown to the other', () => {
    const body = JSON.stringify({ viewerKeySha256: 'a'.repeat(64), certificateSha256: 'b'.repeat(64) });
    const json = ['-H', 'Content-Type: application/json'];
    const bearer = (secret: string) => ['-H', `Authorization: Bearer ${secret}`];

    test('one of our own to every classic endpoint', async () => {
      const answer = await get('/api/v1/sessions', '-X', 'POST', ...json, '-d', body);
      const { name, redeemSecret } = JSON.parse(answer.body) as { name: string; redeemSecret: string };
      const calls = (token: string) => [
        `/redeemtoken.cgi?token=${token}&port=${port()}`,
        `/linktoken.cgi?token=${token}&jobid=1`,
        `/destroytoken.cgi?token=${token}`,
        `/tokenjobstate.cgi?token=${token}`,
      ];
      const answers = async (token: string) => Promise.all(calls(token).map((path) => says(path)));
      expect(await answers(name)).toEqual([
        'Oops! Unknown nonce or nonce already used\n',
        'Oops! Unknown nonce or nonce already destroyed\n',
        'Oops! Unknown nonce or nonce already destroyed\n',
        '',
      ]);
      expect(await answers(name)).toEqual(await answers('never-given-out'));
      const { status, body: session } = await get(`/api/v1/sessions/${name}`, ...bearer(redeemSecret));
      expect(status).toBe(200);
      expect(JSON.parse(session)).toMatchObject({ phase: 'reserved' });
      expect(JSON.parse(session)).not.toHaveProperty('jobId');
    });

    test('a classic one to every call of our own', async () => {
      const name = await getLink();
      const calls: [path: string, ...args: string[]][] = [
        [''],
        ['', '-X', 'DELETE'],
        ['/job', '-X', 'PUT', ...json, '-d', '{"jobId":"1"}'],
        ['/redeem', '-X', 'POST', ...json, '-d', `{"port":${port()}}`],
      ];
      for (const [path, ...args] of calls) {
        const unknown = await get(`/api/v1/sessions/never-given-out${path}`, ...bearer('x'), ...args);
        expect(unknown.status).toBe(404);
        for (const secret of [[], bearer(''), bearer(name), bearer('undefined')]) {
          expect(await get(`/api/v1/sessions/${name}${path}`, ...secret, ...args)).toEqual(unknown);
        }
      }
      expect(await state(name)).toBe('PE');
    });
  });
});
