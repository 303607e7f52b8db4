import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Control, startControl } from './control.js';
import { canRunJobs, type JobSession, lastLine, makeSession, type SessionOptions } from './session.js';

let control: Control;
let session: JobSession | undefined;

beforeEach(async () => {
  control = await startControl();
});

afterEach(async () => {
  await session?.remove();
  await control.close();
});

async function made(options: Partial<SessionOptions> = {}): Promise<JobSession> {
  session = await makeSession({ control, ...options });
  return session;
}

describe.skipIf(!canRunJobs)('a job that goes well', () => {
  it('redeems the name once Jupyter answers, and ends in order when told to', async () => {
    const { directory, redeemSecret, start, read, secretsLeft } = await made();
    const job = start();
    await job.said('is mapped to this node');
    const ready = JSON.parse(await read('ready.json')) as { port: number; address: string; pid: number };
    const [redeem] = control.calls;
    expect(redeem).toMatchObject({
      method: 'POST',
      path: '/api/v1/sessions/three-old-words/redeem',
      authorization: `Bearer ${redeemSecret}`,
    });
    const body = JSON.parse(redeem!.body) as { port: number; endsAt: string };
    expect(body.port).toBe(ready.port);
    expect(Math.abs(Date.parse(body.endsAt) - Date.now() - 1_800_000)).toBeLessThan(10_000);
    expect(ready.address).toBe('127.0.0.1');
    // A browser was opened meanwhile.
    await writeFile(join(directory, 'open.html'), 'the link');

    job.child.kill('SIGTERM');
    expect(await job.ended).toBe(143);
    expect(control.calls.at(-1)).toMatchObject({
      method: 'DELETE',
      path: '/api/v1/sessions/three-old-words',
    });
    expect(secretsLeft()).toEqual([]);
    const outcome = await readFile(join(directory, 'outcome'), 'utf8');
    const [, at] = /^stopped: it was cancelled\nstatus 143\n(\S+Z)\n$/.exec(outcome) ?? [];
    expect(Math.abs(Date.parse(at!) - Date.now())).toBeLessThan(10_000);
    expect(() => process.kill(ready.pid, 0)).toThrow();
  });

  it('was cancelled also when the signal reaches Jupyter first', async () => {
    const { directory, start, read } = await made();
    const job = start();
    await job.said('is mapped to this node');
    const ready = JSON.parse(await read('ready.json')) as { pid: number };
    process.kill(ready.pid, 'SIGTERM');
    await vi.waitFor(() => expect(() => process.kill(ready.pid, 0)).toThrow(), { interval: 10 });
    job.child.kill('SIGTERM');
    expect(await job.ended).toBe(143);
    expect(await readFile(join(directory, 'outcome'), 'utf8')).toMatch(/^stopped: it was cancelled\n/);
  });

  it('ends with status 0 when the person shuts the server down in the browser', async () => {
    const { token, directory, start, read, secretsLeft } = await made({ protocol: 'classic' });
    const job = start();
    await job.said('is mapped to this node');
    const { port } = JSON.parse(await read('ready.json')) as { port: number };
    const headers = { authorization: `token ${token}` };
    await fetch(`http://127.0.0.1:${port}/api/shutdown`, { method: 'POST', headers }).catch(() => undefined);
    expect(await job.ended).toBe(0);
    expect(await readFile(join(directory, 'outcome'), 'utf8')).toMatch(/^completed\nstatus 0\n/);
    expect(lastLine(job.log())).toBe('start-jupyter: completed');
    expect(secretsLeft()).toEqual([]);
    expect(control.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET /redeemtoken.cgi?token=three-old-words&port=${port}`,
      'GET /destroytoken.cgi?token=three-old-words',
    ]);
  });

  it('asks a proxy that cannot be reached again', async () => {
    let tries = 0;
    control.answer = ({ method }) => {
      if (method !== 'POST') return undefined;
      tries += 1;
      if (tries === 1) return 'cut-off';
      return tries === 2 ? { status: 503, body: '{"code":"cannot-store","message":"disk full"}' } : undefined;
    };
    const job = (await made()).start();
    await job.said('is mapped to this node');
    expect(tries).toBe(3);
    expect(job.log().match(/cannot be asked now/g)).toHaveLength(1);
    job.child.kill('SIGTERM');
    await job.ended;
  });

  it('takes "already used" of a classic service as success when an answer was lost before', async () => {
    let tries = 0;
    control.answer = ({ path }) => {
      if (!path.startsWith('/redeem')) return undefined;
      tries += 1;
      return tries === 1 ? 'cut-off' : { status: 200, body: 'Oops! Unknown nonce or nonce already used\n' };
    };
    const job = (await made({ protocol: 'classic' })).start();
    await job.said('is mapped to this node');
    job.child.kill('SIGTERM');
    await job.ended;
  });
});

describe.skipIf(!canRunJobs)('a job that fails', () => {
  interface Failure extends Partial<SessionOptions> {
    what: string;
    answer?: Control['answer'];
    line: RegExp;
    /** The status in `outcome`, where it is Jupyter's own. */
    says?: number;
  }

  const refused = (body: string, status = 200) => ({
    answer: ({ method, path }: { method: string; path: string }) =>
      method === 'POST' || path.startsWith('/redeem') ? { status, body } : undefined,
  });

  const failures: Failure[] = [
    {
      what: 'the recorded jupyter is not there',
      jupyter: '/no/such/jupyter',
      line: /there is no \/no\/such\/jupyter on node/,
    },
    {
      what: 'there is no jupyter on PATH',
      jupyter: '',
      environment: { sj_PATH: '/nowhere' },
      line: /no jupyter that starts was found on node/,
      says: 127,
    },
    {
      what: 'Jupyter dies at its start',
      behaviour: 'dies',
      line: /Jupyter ended before it answered \(status 3\)/,
      says: 3,
    },
    {
      what: 'Jupyter never answers',
      behaviour: 'silent',
      limits: { sj_start_seconds: 1 },
      line: /did not answer on port \d+ within 1 s/,
    },
    {
      what: 'the directory is not on the node',
      settings: { sj_root_dir: '/no/such directory' },
      line: /there is no directory \/no\/such directory on node/,
    },
    {
      what: "the node's name is unknown",
      settings: { sj_bind: 'all', sj_node_suffix: '.no.such.invalid' },
      line: /cannot be looked up on this node: is node_suffix/,
    },
    {
      what: 'the proxy refuses',
      ...refused('{"code":"certificate-mismatch","message":"said \\"no\\""}', 424),
      line: /refused to map three-old-words to this node: certificate-mismatch: said \\"no\\"$/,
    },
    {
      what: 'the tries are used up',
      ...refused('{"code":"too-many-tries","message":"10"}', 429),
      line: /refused .* too-many-tries: 10$/,
    },
    {
      what: 'a classic service refuses',
      protocol: 'classic',
      ...refused('Oops! Unknown nonce or nonce already used\n'),
      line: /refused .*: Oops! Unknown nonce or nonce already used $/,
    },
    {
      what: 'a classic service says something else than its success',
      protocol: 'classic',
      ...refused('Success! \n'),
      line: /refused .*: Success! {2}$/,
    },
    {
      what: 'the proxy cannot be reached',
      ...refused('busy', 502),
      limits: { sj_redeem_seconds: 1 },
      line: /could not be asked for 1 s: busy$/,
    },
    {
      what: "the proxy's certificate is not trusted",
      settings: { sj_ca_file: '' },
      line: /cannot be asked safely: curl: \(60\)/,
    },
  ];

  it.concurrent.each(failures)('says so when $what', async ({ answer, line, says, ...options }) => {
    const own = await startControl();
    if (answer) own.answer = answer;
    const failing = await makeSession({ control: own, ...options });
    try {
      const job = failing.start();
      expect(await job.ended).toBe(1);
      const outcome = await failing.read('outcome');
      const [what = '', status, at] = outcome.split('\n');
      expect(what).toMatch(/^failed: /);
      expect(what).toMatch(line);
      expect([status, Number.isNaN(Date.parse(at!))]).toEqual([`status ${says ?? 1}`, false]);
      expect(job.log().endsWith(`start-jupyter: ${what}\n`)).toBe(true);
      expect(failing.secretsLeft()).toEqual([]);
      if (options.settings?.['sj_ca_file'] !== '') {
        expect(own.calls.at(-1)?.path).toMatch(/^\/destroytoken|^\/api\/v1\/sessions\/three-old-words$/);
      }
    } finally {
      await failing.remove();
      await own.close();
    }
  });

  it('says so when Jupyter dies later, and gives the name back', async () => {
    const { start, read } = await made();
    const job = start();
    await job.said('is mapped to this node');
    const { pid } = JSON.parse(await read('ready.json')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    expect(await job.ended).toBe(1);
    expect(await read('outcome')).toMatch(
      /^failed: Jupyter was killed: perhaps the job ran out of memory\nstatus 137\n/,
    );
    expect(control.calls.at(-1)?.method).toBe('DELETE');
  });

  it('is over within 15 s of TERM, whatever Jupyter and the proxy do', async () => {
    control.answer = ({ method }) => {
      return method === 'DELETE' ? 'never' : undefined;
    };
    const { start, read, secretsLeft } = await made({ behaviour: 'deaf' });
    const job = start();
    await job.said('is mapped to this node');
    const { pid } = JSON.parse(await read('ready.json')) as { pid: number };
    const from = Date.now();
    job.child.kill('SIGTERM');
    expect(await job.ended).toBe(143);
    expect(Date.now() - from).toBeLessThan(13_000);
    expect(() => process.kill(pid, 0)).toThrow();
    expect(secretsLeft()).toEqual([]);
  });

  it('ends at once when TERM comes while the proxy lets it wait', async () => {
    control.answer = ({ method }) => (method === 'POST' ? 'never' : undefined);
    const { start, read } = await made();
    const job = start();
    await expect.poll(() => control.calls.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const from = Date.now();
    job.child.kill('SIGTERM');
    expect(await job.ended).toBe(143);
    expect(Date.now() - from).toBeLessThan(4000);
    expect(await read('outcome')).toMatch(/^stopped/);
  });

  it('stops in order when nobody reads its output any more', async () => {
    const { start, read } = await made({ commands: 'exec 2>&1' });
    const job = start();
    await job.said('is mapped to this node');
    const { pid } = JSON.parse(await read('ready.json')) as { pid: number };
    job.child.stdout!.destroy();
    job.child.kill('SIGTERM');
    await job.ended;
    expect(() => process.kill(pid, 0)).toThrow();
    expect(control.calls.at(-1)?.method).toBe('DELETE');
  });

  it('touches nothing when it is run a second time', async () => {
    const { start, read } = await made();
    const job = start();
    await job.said('is mapped to this node');
    const second = start();
    expect(await second.ended).toBe(1);
    expect(lastLine(second.log())).toMatch(/failed: this session was started before/);
    expect(control.calls).toHaveLength(1);
    job.child.kill('SIGTERM');
    await job.ended;
    const third = start();
    expect(await third.ended).toBe(1);
    expect(await read('outcome')).toMatch(/^stopped/);
  });

  it('says so when it was requeued after its secrets went', async () => {
    const { start, directory } = await made();
    await rm(join(directory, 'token'));
    const job = start();
    expect(await job.ended).toBe(1);
    expect(lastLine(job.log())).toMatch(/failed: this session has ended and its secrets are gone/);
  });
});
