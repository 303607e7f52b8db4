import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../../src/certificate.js';
import { startControl } from './control.js';
import { canRunJobs, type JobSession, makeSession, type RunningJob, type SessionOptions } from './session.js';

async function squatted(
  options: Partial<SessionOptions>,
  check: (session: JobSession, job: RunningJob) => Promise<void>,
): Promise<void> {
  const control = await startControl();
  const session = await makeSession({ control, ...options });
  const { certificatePem, keyPem } = await selfSignedCertificate({
    commonName: 'squatter',
    names: ['localhost'],
    days: 2,
  });
  if (options.protocol !== 'classic') {
    await writeFile(join(session.place, 'bin', 'squatter.pem'), certificatePem + keyPem);
  }
  const job = session.start();
  try {
    await check(session, job);
  } finally {
    job.terminate();
    await job.ended;
    await session.remove();
    await control.close();
  }
}

async function stolen(session: JobSession): Promise<string> {
  const file = join(session.place, 'bin', 'stolen');
  return existsSync(file) ? readFile(file, 'utf8') : '';
}

async function ports(session: JobSession): Promise<string[]> {
  const started = await readFile(join(session.place, 'bin', 'started'), 'utf8');
  return [...started.matchAll(/--ServerApp\.port=(\d+)/g)].map(([, port]) => port!);
}

describe.skipIf(!canRunJobs)('a port that is somebody else’s', () => {
  it.concurrent.each(['v1', 'classic'] as const)(
    '%s: another one is taken, and the first one’s owner gets nothing',
    async (protocol) => {
      await squatted({ protocol, behaviour: 'squatted' }, async (session, job) => {
        await job.said('is mapped to this node');
        expect(job.log()).toContain("is somebody else's, trying another one");
        const [first, second] = await ports(session);
        expect(second).not.toBe(first);
        expect(await stolen(session)).not.toContain(session.token);
      });
    },
  );

  it.concurrent('with TLS, one who answers in the place of a Jupyter that lives is found out', async () => {
    await squatted({ behaviour: 'usurped' }, async (session, job) => {
      await job.said('is mapped to this node');
      // The squatter was connected to, and so could have got the token.
      const received = await stolen(session);
      expect(received).toContain('connected');
      expect(received).not.toContain(session.token);
      expect(received).not.toContain('GET');
      expect(await ports(session)).toHaveLength(2);
    });
  });

  it.skipIf(process.geteuid?.() !== 0)(
    'in plain mode, nothing is sent to a socket of another user (needs root to make one)',
    async () => {
      const options = { protocol: 'classic', behaviour: 'usurped', limits: { sj_start_seconds: 3 } } as const;
      await squatted(options, async (session, job) => {
        expect(await job.ended).toBe(1);
        expect(await session.read('outcome')).toMatch(/did not answer on port \d+ within 3 s/);
        expect(await stolen(session)).toBe('');
      });
    },
  );
});
