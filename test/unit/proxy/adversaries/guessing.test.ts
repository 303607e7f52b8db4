/** Names and secrets guessed at speed, and names taken without end: from one address it comes to a stop, others are served. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adversaryBed, type AdversaryBed, type Answer, type Call, type Served } from './bed.js';

const FAILED_CALLS = 20;
const RESERVATIONS = 30;
const AT_ONCE = 10;

describe('one who guesses', () => {
  let bed: AdversaryBed;
  let session: Served;
  let lastAddress = 0;

  beforeAll(async () => {
    bed = await adversaryBed({}, { failedCallsPerMinute: FAILED_CALLS, reservationsPerMinute: RESERVATIONS });
    session = await bed.serve();
  });
  afterEach(() => bed.expectServing(session));
  afterAll(() => bed.close());

  /** In the trusted networks, and nobody's before. */
  const anAddress = () => `127.0.5.${++lastAddress}`;

  /** So many calls, ten at a time, in the order in which they were answered. */
  async function flood(times: number, call: () => Promise<Answer>): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let done = 0; done < times; done += AT_ONCE) {
      answers.push(...(await Promise.all(Array.from({ length: AT_ONCE }, call))));
    }
    return answers;
  }

  const count = (answers: readonly Answer[], status: number) =>
    answers.filter((answer) => answer.status === status).length;
  /** A minute may be over in the middle, and a new one begin. */
  function expectStopped(taken: number, limit: number): void {
    expect(taken).toBeGreaterThanOrEqual(limit);
    expect(taken).toBeLessThanOrEqual(2 * limit);
  }
  const path = (name = session.name) => `/api/v1/sessions/${name}`;

  it.for<[what: string, guess: () => [method: string, path: string, call: Call], refused: number]>([
    ['names', () => ['GET', path('never-given-out'), { secret: 'x' }], 404],
    ['the secret of a name', () => ['DELETE', path(), { secret: Math.random().toString(36) }], 404],
    ['a redeem', () => ['POST', `${path()}/redeem`, { secret: 'x', body: { port: 5000 } }], 404],
    ['a link', () => ['PUT', `${path()}/job`, { secret: 'x', body: { jobId: '1' } }], 404],
    ['the feeder’s secret', () => ['PUT', '/api/v1/jobs', { secret: 'x', body: { jobs: {} } }], 403],
    ['the administrator’s token', () => ['POST', `${path()}/evict`, { secret: 'x' }], 403],
    ['the administrator’s token for the list', () => ['GET', '/api/v1/sessions', { secret: 'x' }], 403],
  ])('%s hears "limit-reached" soon, and the right secret still works', async ([, guess, refused]) => {
    const from = anAddress();
    const answers = await flood(100, () => {
      const [method, where, call] = guess();
      return bed.call(method, where, { ...call, from });
    });
    expectStopped(count(answers, refused), FAILED_CALLS);
    const stopped = answers.filter(({ status }) => status === 429);
    expect(stopped).toHaveLength(100 - count(answers, refused));
    expect(stopped[0]!.body).toContain('"limit-reached"');
    expect(stopped[0]!.text.toLowerCase()).toMatch(/\r\nretry-after: \d+\r\n/);
    const { secret } = session;
    expect((await bed.call('GET', path(), { secret, from })).status).toBe(200);
    expect((await bed.call('GET', path('never-given-out'), { secret, from: anAddress() })).status).toBe(404);
    expect(bed.lines.at(-1)).not.toContain(secret);
  });

  it('classic names hears so as well, even when a guess is right: there the name is the credential', async () => {
    const token = (await bed.call('GET', '/getlink.cgi', { from: anAddress() })).body.split('\n')[1] ?? '';
    const calls = [
      'redeemtoken.cgi?port=5000&',
      'linktoken.cgi?jobid=1&',
      'destroytoken.cgi?',
      'tokenjobstate.cgi?',
    ];
    for (const call of calls) {
      const from = anAddress();
      const ask = (name: string) => bed.call('GET', `/${call}token=${name}`, { from });
      const answers = await flood(100, () => ask('never-given-out'));
      const stopped = answers.filter(({ body }) => /^Oops! Too many calls/.test(body));
      expectStopped(100 - stopped.length, FAILED_CALLS);
      expect((await ask(token)).body).toMatch(/^Oops! Too many calls/);
    }
    const others = await bed.call('GET', `/tokenjobstate.cgi?token=${token}`, { from: anAddress() });
    expect(others.body).toBe('PE');
  });

  it('and one who takes names without end gets no more of them, by either protocol, while others do', async () => {
    const body = { certificateSha256: 'a'.repeat(64), viewerKeySha256: 'b'.repeat(64) };
    let from = anAddress();
    const own = await flood(100, () => bed.call('POST', '/api/v1/sessions', { body, from }));
    expectStopped(count(own, 201), RESERVATIONS);
    expect(count(own, 201) + count(own, 429)).toBe(100);
    expect((await bed.call('GET', '/getlink.cgi', { from })).body).toMatch(/^Oops! Too many sessions/);
    from = anAddress();
    const classic = await flood(100, () => bed.call('GET', '/getlink.cgi', { from }));
    expectStopped(classic.filter(({ body: text }) => text.startsWith('Your token is ')).length, RESERVATIONS);
    expect((await bed.call('POST', '/api/v1/sessions', { body, from: anAddress() })).status).toBe(201);
  });
});
