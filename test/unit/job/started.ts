/** What Jupyter is started with in a job: a stand-in in its place tells. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startControl } from './control.js';
import { type JobSession, makeSession, type SessionOptions } from './session.js';

export interface Started {
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  umask: number;
}

/** What the stand-in was started with in a job of this kind. */
export async function started(
  options: Partial<SessionOptions>,
  prepare: (session: JobSession) => Promise<void> = () => Promise.resolve(),
): Promise<Started & { log: string; place: string }> {
  const control = await startControl();
  const session = await makeSession({ control, ...options });
  try {
    await prepare(session);
    const job = session.start();
    await job.said('is mapped to this node');
    job.terminate();
    await job.ended;
    const text = await readFile(join(session.place, 'bin', 'started'), 'utf8');
    return { ...(JSON.parse(text) as Started), log: job.log(), place: session.place };
  } finally {
    await session.remove();
    await control.close();
  }
}
