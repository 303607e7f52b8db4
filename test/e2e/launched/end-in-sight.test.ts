/** The end of a session on real Slurm: told before, put off, over, and of a session that nobody uses. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from '../bed/bed.js';
import { curlAs } from '../bed/curl.js';
import { holdSession, type HeldSession } from '../bed/held-session.js';
import { forgetSessions, launchAs } from '../bed/launches.js';
import { until } from '../bed/processes.js';
import { startProxy, type Proxy } from '../bed/proxy.js';
import { clearJobsOf, jobInState, slurm } from '../bed/slurm.js';
import { user } from '../bed/users.js';

/** Slurm looks at its jobs' times every half minute, Jupyter whether it is idle every minute. */
const LIMIT_MS = 240_000;

describeOnBed('the end of a session', () => {
  let proxy: Proxy;
  let warned: HeldSession;
  let extended: HeldSession;
  let idle: HeldSession;

  beforeAll(async () => {
    proxy = await startProxy();
    warned = await hold(['-t', '1', '--warn-before', '1m']);
    extended = await hold(['-t', '5']);
    idle = await hold(['-t', '20', '--idle-timeout', '1m']);
  });

  afterAll(async () => {
    await clearJobsOf(paul().name);
    forgetSessions(paul());
    await proxy.stop();
  });

  const paul = () => user(theBed().users.paul);
  const start = (args: readonly string[], site: readonly string[] = []) =>
    launchAs(proxy, args, { user: paul(), site, limitMs: 90_000 });

  const hold = (args: readonly string[]) => holdSession(proxy, paul(), args);

  /** What the proxy says to who has the session's secret. */
  async function atProxy(
    name: string,
    secret: string,
  ): Promise<{ ending?: { at: string }; expiresAt?: string }> {
    const url = `${proxy.controlUrl}/api/v1/sessions/${name}`;
    const answer = await curlAs(paul(), proxy.caFile, url, '-H', `Authorization: Bearer ${secret}`);
    return JSON.parse(answer.body) as { ending?: { at: string }; expiresAt?: string };
  }

  const secretOf = ({ directory }: HeldSession) => readFileSync(join(directory, 'redeem.secret'), 'utf8');
  const outcomeOf = ({ directory }: HeldSession) => readFileSync(join(directory, 'outcome'), 'utf8');

  async function slurmsEnd(jobId: string): Promise<number> {
    const { stdout } = await slurm('squeue', '-h', '-j', jobId, '-o', '%e');
    return new Date(stdout.trim()).getTime();
  }

  test.concurrent(
    'is told in the log, in a file and to the proxy, and when it came the job says what it was',
    async () => {
      const session = warned;
      await session.release();
      await session.ready();
      const secret = secretOf(session);
      await session.logged(
        /^start-jupyter: this session ends at \d\d:\d\d \S+, in (about|less than) a minute: save your work$/m,
      );
      const end = await slurmsEnd(session.jobId);
      const told = await until(async () => (await atProxy(session.name, secret)).ending, 20_000, 100);
      expect(Math.abs(Date.parse(told?.at ?? '') - end)).toBeLessThan(15_000);
      const file = join(session.directory, 'warning');
      expect(readFileSync(file, 'utf8').trim()).toBe(told?.at.replace('.000Z', 'Z'));
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const { stdout } = await start(['status', session.jobId]);
      expect(stdout).toContain('its time is nearly up: save your work');

      await jobInState(session.jobId, ['TIMEOUT'], LIMIT_MS);
      expect(outcomeOf(session)).toMatch(/^stopped: its time was up\nstatus 143\n\S+Z\n$/);
      const ended = JSON.parse((await start(['status', session.jobId, '--json'])).stdout) as object;
      expect(ended).toMatchObject({ state: 'ended', outcome: 'timed-out' });
    },
    LIMIT_MS,
  );

  test.concurrent(
    'is put off by the site’s program, for Slurm, the proxy and status alike',
    async () => {
      const site = lengtheningSite();
      try {
        const session = extended;
        await session.release();
        await session.ready();
        const before = await slurmsEnd(session.jobId);
        const more = await start(['extend', '10', session.jobId], site.lines);
        expect(more, more.stderr).toMatchObject({
          exitCode: 0,
          stdout: expect.stringMatching(
            /^The session now ends at \d\d:\d\d.*: 1[34] minutes are left\.\n$/,
          ) as string,
          stderr: expect.stringContaining('granted 600 s') as string,
        });
        const end = await slurmsEnd(session.jobId);
        expect(end - before).toBe(600_000);
        const { expiresAt = '' } = await atProxy(session.name, secretOf(session));
        expect(Date.parse(expiresAt)).toBe(end);
        const status = JSON.parse((await start(['status', session.jobId, '--json'])).stdout) as {
          endsAt: string;
        };
        expect(Date.parse(status.endsAt)).toBe(end);

        const refused = await start(['extend', '2h', session.jobId], site.lines);
        expect(refused).toMatchObject({
          exitCode: 6,
          stderr: expect.stringContaining('more than an hour is for nobody') as string,
        });
        const without = await start(['extend', '10', session.jobId]);
        expect(without).toMatchObject({
          exitCode: 2,
          stderr: expect.stringContaining(
            'Only administrators can lengthen a job that runs on bed',
          ) as string,
        });
        expect(await slurmsEnd(session.jobId)).toBe(end);

        const { exitCode } = await start(['stop', session.jobId]);
        expect(exitCode).toBe(0);
        expect(outcomeOf(session)).toMatch(/^stopped: it was cancelled\nstatus 143\n/);
      } finally {
        site.remove();
      }
    },
    LIMIT_MS,
  );

  test.concurrent(
    'comes by itself for one that nobody uses',
    async () => {
      const session = idle;
      await session.release();
      await session.ready();
      await jobInState(session.jobId, ['COMPLETED'], LIMIT_MS);
      expect(outcomeOf(session)).toMatch(
        /^completed: nobody had used it for about (?:a minute|2 minutes)\nstatus 0\n/,
      );
    },
    LIMIT_MS,
  );
});

/**
 * A site whose program asks root, as one behind sudo would: here by a folder that the test, which is root, looks at.
 * More than an hour is refused.
 */
function lengtheningSite(): { lines: string[]; remove: () => void } {
  const folder = mkdtempSync('/var/tmp/start-jupyter-hook-');
  const asked = join(folder, 'asked');
  mkdirSync(asked);
  chmodSync(folder, 0o755);
  chmodSync(asked, 0o1777);
  const program = join(folder, 'more-time');
  writeFileSync(
    program,
    `#!/bin/sh
[ "$2" -le 3600 ] || { echo 'more than an hour is for nobody' >&2; exit 1; }
echo "$2" >'${asked}'/"$1.new" && mv '${asked}'/"$1.new" '${asked}'/"$1"
while [ -e '${asked}'/"$1" ]; do sleep 0.1; done
echo asked; echo "granted $2 s"
`,
  );
  chmodSync(program, 0o755);
  let busy = false;
  const serve = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (const jobId of readdirSync(asked).filter((name) => /^\d+$/.test(name))) {
      const seconds = Number(readFileSync(join(asked, jobId), 'utf8'));
      await slurm('scontrol', 'update', `JobId=${jobId}`, `TimeLimit=+${seconds / 60}`);
      rmSync(join(asked, jobId));
    }
    busy = false;
  };
  const timer = setInterval(() => void serve(), 100);
  return {
    lines: ['hooks:', `  extend: ${program}`],
    remove() {
      clearInterval(timer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
