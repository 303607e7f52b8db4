/** What the job does before its time is up, and what it says afterwards. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type Call, type Control, startControl } from './control.js';
import { canRunJobs, type JobSession, makeSession, type RunningJob, type SessionOptions } from './session.js';

interface Stage {
  control: Control;
  session: JobSession;
  job: RunningJob;
  file: (name: string) => string;
}

/** Runs a job of its own and ends it, however the check goes. */
async function withJob(
  options: Partial<SessionOptions> & { answer?: Control['answer'] },
  check: (stage: Stage) => Promise<void>,
): Promise<void> {
  const control = await startControl();
  if (options.answer) control.answer = options.answer;
  const session = await makeSession({ control, ...options });
  const job = session.start();
  try {
    await check({ control, session, job, file: (name) => join(session.directory, name) });
  } finally {
    job.terminate();
    await job.ended;
    await session.remove();
    await control.close();
  }
}

const PATIENT = { timeout: 20_000, interval: 20 };
const MAPPED = 'is mapped to this node';
const WARNED = 'start-jupyter: this session ends at';
const bySignal = { sj_warn_seconds: '300', sj_warn_by: 'scheduler' };
const byClock = { sj_warn_seconds: '300', sj_warn_by: 'clock' };

const isEnding = ({ method, path }: Call): boolean => method === 'PUT' && path.endsWith('/ending');
const told = ({ calls }: Control): Call[] => calls.filter(isEnding);
const secondsFromNow = (iso: string): number => (Date.parse(iso) - Date.now()) / 1000;
const appears = (file: string): Promise<void> =>
  vi.waitFor(() => expect(existsSync(file)).toBe(true), PATIENT);

describe.skipIf(!canRunJobs)('a warning of the scheduler', () => {
  it.concurrent('is said in the log, left in a file and told to the proxy, and the job goes on', async () => {
    await withJob({ settings: { ...bySignal, sj_walltime_seconds: '330' } }, async (stage) => {
      const { control, session, job, file } = stage;
      await job.said(MAPPED);
      const { pid } = JSON.parse(await session.read('ready.json')) as { pid: number };
      job.child.kill('SIGUSR1');
      await vi.waitFor(() => expect(told(control).length).toBe(1), PATIENT);
      expect(job.log()).toMatch(
        /^start-jupyter: this session ends at (?:\d{4}-\d\d-\d\d )?\d\d:\d\d \S+, in about (?:5|6) minutes: save your work$/m,
      );
      expect(secondsFromNow((await session.read('warning')).trim())).toBeGreaterThan(300);
      expect(statSync(file('warning')).mode & 0o777).toBe(0o600);
      expect(told(control)[0]).toMatchObject({
        path: '/api/v1/sessions/three-old-words/ending',
        authorization: `Bearer ${session.redeemSecret}`,
      });
      expect(JSON.parse(told(control)[0]!.body)).toEqual({ endsAt: (await session.read('warning')).trim() });
      expect(() => process.kill(pid, 0)).not.toThrow();
      expect(existsSync(file('outcome'))).toBe(false);
      // And it still ends as it would have.
      process.kill(pid, 'SIGKILL');
      expect(await job.ended).toBe(1);
      expect(await session.read('outcome')).toMatch(/^failed: Jupyter was killed.*\nstatus 137\n/);
    });
  });

  it.concurrent('believes the scheduler where the job was given more time', async () => {
    await withJob(
      { settings: { ...bySignal, sj_walltime_seconds: '40' } },
      async ({ session, job, file }) => {
        await job.said(MAPPED);
        job.child.kill('SIGUSR1');
        await appears(file('warning'));
        expect(secondsFromNow((await session.read('warning')).trim())).toBeGreaterThan(250);
        job.child.kill('SIGTERM');
        expect(await job.ended).toBe(143);
        expect(await session.read('outcome')).toMatch(/^stopped: it was cancelled\nstatus 143\n/);
      },
    );
  });

  it.concurrent('comes again by the job’s own clock where the session was extended after it', async () => {
    const settings = { sj_warn_seconds: '57', sj_warn_by: 'scheduler', sj_walltime_seconds: '60' };
    await withJob({ settings, limits: { sj_clock_seconds: 1 } }, async ({ control, session, job, file }) => {
      await job.said(MAPPED);
      job.child.kill('SIGUSR1');
      await vi.waitFor(() => expect(told(control)).toHaveLength(1), PATIENT);
      // Later than the end even where the job has started within this very second.
      const later = Math.floor(Date.now() / 1000) + 62;
      await writeFile(file('extended'), `${later}\n`);
      await vi.waitFor(() => expect(told(control)).toHaveLength(2), PATIENT);
      expect(Date.parse((await session.read('warning')).trim())).toBe(later * 1000);
      expect(job.log().split(WARNED)).toHaveLength(3);
      job.child.kill('SIGTERM');
      expect(await job.ended).toBe(143);
    });
  });

  it.concurrent(
    'during the start breaks nothing, and the proxy is told once there is something to tell of',
    async () => {
      await withJob({ settings: bySignal }, async (stage) => {
        const { control, job } = stage;
        await job.said('starting Jupyter');
        for (let times = 0; times < 20; times++) {
          job.child.kill('SIGUSR1');
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        await job.said(MAPPED);
        await vi.waitFor(() => expect(told(control).length).toBeGreaterThan(0), PATIENT);
        expect(control.calls[0]?.path).toMatch(/redeem$/);
        expect(control.calls.filter(({ path }) => path.endsWith('/redeem'))).toHaveLength(1);
        expect(job.log()).not.toContain('failed');
      });
    },
  );

  it.concurrent('while the proxy lets the redeem wait does not make the job ask twice', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const control = await startControl({
      before: ({ path }) => (path.endsWith('/redeem') ? opened : undefined),
    });
    const session = await makeSession({ control, settings: bySignal });
    const job = session.start();
    try {
      await vi.waitFor(() => expect(control.calls.length).toBe(1), PATIENT);
      job.child.kill('SIGUSR1');
      await job.said(WARNED);
      job.child.kill('SIGUSR1');
      open();
      await job.said(MAPPED);
      await vi.waitFor(() => expect(told(control).length).toBeGreaterThan(0), PATIENT);
      expect(control.calls.filter(({ path }) => path.endsWith('/redeem'))).toHaveLength(1);
    } finally {
      job.terminate();
      await job.ended;
      await session.remove();
      await control.close();
    }
  });

  it.concurrent('while the job stops changes nothing of how it ends', async () => {
    await withJob({ settings: bySignal, behaviour: 'deaf' }, async ({ session, job }) => {
      await job.said(MAPPED);
      job.child.kill('SIGTERM');
      await job.said('stopping');
      for (let times = 0; times < 10; times++) {
        job.child.kill('SIGUSR1');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await job.ended).toBe(143);
      expect(await session.read('outcome')).toMatch(/^stopped: it was cancelled\nstatus 143\n/);
      expect(job.log()).not.toContain(WARNED);
    });
  });

  it.concurrent.each([
    {
      what: 'an older proxy does not know',
      answer: { status: 404, body: '{"code":"no-such-call"}' } as const,
    },
    { what: 'the proxy never answers', answer: 'never' as const },
  ])('which $what is no error, and TERM ends the job at once all the same', async ({ answer }) => {
    await withJob(
      { settings: bySignal, answer: (call) => (isEnding(call) ? answer : undefined) },
      async ({ control, session, job }) => {
        await job.said(MAPPED);
        job.child.kill('SIGUSR1');
        await vi.waitFor(() => expect(told(control).length).toBe(1), PATIENT);
        const from = Date.now();
        job.child.kill('SIGTERM');
        expect(await job.ended).toBe(143);
        expect(Date.now() - from).toBeLessThan(4000);
        expect(await session.read('outcome')).toMatch(/^stopped/);
        expect(control.calls.at(-1)?.method).toBe('DELETE');
      },
    );
  });

  it.concurrent('is not told to a classic service', async () => {
    await withJob({ settings: bySignal, protocol: 'classic' }, async ({ control, job, file }) => {
      await job.said(MAPPED);
      job.child.kill('SIGUSR1');
      await appears(file('warning'));
      job.child.kill('SIGTERM');
      await job.ended;
      expect(control.calls.map(({ method }) => method)).toEqual(['GET', 'GET']);
    });
  });

  it.concurrent('ends the job as ever where none was asked for, or where the clock warns', async () => {
    for (const settings of [{}, { ...byClock }]) {
      await withJob({ settings }, async ({ session, job }) => {
        await job.said(MAPPED);
        job.child.kill('SIGUSR1');
        expect(await job.ended).toBe(138);
        expect(await session.read('outcome')).toMatch(/^stopped: signal USR1\nstatus 138\n/);
      });
    }
  });
});

describe.skipIf(!canRunJobs)('a warning by the clock', () => {
  it.concurrent('comes by itself, once, and leaves no process behind', async () => {
    const settings = { sj_warn_seconds: '57', sj_warn_by: 'clock', sj_walltime_seconds: '60' };
    const mark = `MARK=${randomUUID()}`;
    const ways = { settings, env: { MARK: mark.slice(5) }, limits: { sj_clock_seconds: 1 } };
    await withJob(ways, async ({ control, session, job }) => {
      await job.said(WARNED);
      expect(job.log()).toMatch(/in about a minute: save your work/);
      await job.said(MAPPED);
      await vi.waitFor(() => expect(told(control).length).toBe(1), PATIENT);
      // The clock looks on, for a later end.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      job.child.kill('SIGTERM');
      expect(await job.ended).toBe(143);
      expect(job.log().split(WARNED)).toHaveLength(2);
      const left = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' });
      expect(left).not.toContain(session.directory);
      // What only sleeps names no directory: it is found by its environment.
      const search = `grep -lz '^${mark}$' /proc/[0-9]*/environ 2>/dev/null || :`;
      const orphans = execFileSync('bash', ['-c', search], {
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin' },
      });
      expect(orphans).toBe('');
    });
  });

  it.concurrent('comes later where the session was extended', async () => {
    const settings = { sj_warn_seconds: '57', sj_warn_by: 'clock', sj_walltime_seconds: '60' };
    const control = await startControl();
    const session = await makeSession({ control, settings });
    const later = Math.floor(Date.now() / 1000) + 3600;
    await writeFile(join(session.directory, 'extended'), `${later}\n`);
    const job = session.start();
    try {
      await job.said(MAPPED);
      const redeem = JSON.parse(control.calls[0]!.body) as { endsAt: string };
      expect(Date.parse(redeem.endsAt)).toBe(later * 1000);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(job.log()).not.toContain(WARNED);
      job.child.kill('SIGTERM');
      await job.ended;
      expect(await session.read('outcome')).toMatch(/^stopped: it was cancelled/);
    } finally {
      job.terminate();
      await job.ended;
      await session.remove();
      await control.close();
    }
  });
});

describe.skipIf(!canRunJobs)('TERM near the end of a job’s time', () => {
  it.concurrent('is its time limit', async () => {
    await withJob({ settings: { sj_walltime_seconds: '2' } }, async ({ session, job }) => {
      await job.said(MAPPED);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      job.child.kill('SIGTERM');
      expect(await job.ended).toBe(143);
      expect(await session.read('outcome')).toMatch(/^stopped: its time was up\nstatus 143\n\S+Z\n$/);
    });
  });
});

describe.skipIf(!canRunJobs)('a Jupyter that ends because nobody used it', () => {
  it.concurrent('ends the job in order, and the words say why', async () => {
    await withJob({}, async ({ session, job, file }) => {
      await job.said(MAPPED);
      await writeFile(file('job.log'), '[I ServerApp] No kernels for 3605 seconds; shutting down.\n');
      const { port } = JSON.parse(await session.read('ready.json')) as { port: number };
      execFileSync('curl', ['-s', '--insecure', '-X', 'POST', `https://127.0.0.1:${port}/api/shutdown`], {
        stdio: 'ignore',
        timeout: 10_000,
      });
      expect(await job.ended).toBe(0);
      expect(await readFile(file('outcome'), 'utf8')).toMatch(
        /^completed: nobody had used it for about 60 minutes\nstatus 0\n/,
      );
    });
  });
});
