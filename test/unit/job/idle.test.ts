/** Which real Jupyter servers end because nobody uses them, and which do not. The clock is quicker, the decisions are theirs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startControl } from './control.js';
import {
  ask,
  askKernel,
  jupyter4,
  notebook6,
  openChannels,
  publicHost,
  runCode,
  type Server,
} from './real-jupyter.js';
import { canRunJobs, type JobSession, makeSession, type RunningJob } from './session.js';

const IDLE_SECONDS = 4;
/** Several real Jupyters start at once. */
vi.setConfig({ testTimeout: 60_000 });

/**
 * A person who wants nothing to end, by the class that Jupyter uses; and, so that the test need not wait for the minute
 * after which Jupyter looks whether it is idle, a shorter one.
 */
const OWN_CONFIGURATION = `
for manager in (c.MappingKernelManager, c.AsyncMappingKernelManager):
    manager.cull_idle_timeout = 0
    manager.cull_connected = True
    manager.cull_busy = True
for app in (c.NotebookApp, c.ServerApp, c.LabApp, c.JupyterNotebookApp):
    app.shutdown_no_activity_timeout = 0

from tornado import ioloop
class Quick(ioloop.PeriodicCallback):
    def __init__(self, callback, period, *more, **named):
        super().__init__(callback, min(period, 500), *more, **named)
ioloop.PeriodicCallback = Quick
`;

interface Idle {
  session: JobSession;
  job: RunningJob;
  server: Server;
  kernel: () => Promise<string>;
  kernels: () => Promise<{ id: string; execution_state: string }[]>;
}

async function withIdleJupyter(
  { jupyter, lab }: { jupyter: string; lab: boolean },
  check: (idle: Idle) => Promise<void>,
): Promise<void> {
  const control = await startControl();
  const session = await makeSession({
    control,
    jupyter,
    server: lab ? 'jupyterlab' : 'notebook',
    idleSeconds: IDLE_SECONDS,
    environment: { sj_PATH: '/usr/bin:/bin' },
  });
  await mkdir(join(session.home, '.jupyter'));
  await writeFile(join(session.home, '.jupyter', 'jupyter_config.py'), OWN_CONFIGURATION);
  const job = session.start();
  // As the scheduler does.
  const log = createWriteStream(join(session.directory, 'job.log'));
  job.child.stdout?.pipe(log);
  job.child.stderr?.pipe(log);
  try {
    await job.said('is mapped to this node', 60_000);
    const { port } = JSON.parse(await session.read('ready.json')) as { port: number };
    const server = { port, token: session.token, ca: await session.read('certificate.pem') };
    // Looks as the tab of a person does not: it is no activity.
    const call = async (method: string, path: string) =>
      (
        await ask(server, path, {
          method,
          headers: { authorization: `token ${session.token}` },
          ...(method === 'POST' ? { body: '{}' } : {}),
        })
      ).body;
    await check({
      ...{ session, job, server },
      kernel: async () => (JSON.parse(await call('POST', '/api/kernels')) as { id: string }).id,
      kernels: async () =>
        JSON.parse(await call('GET', '/api/kernels?no_track_activity=1')) as Awaited<
          ReturnType<Idle['kernels']>
        >,
    });
  } finally {
    job.terminate();
    await job.ended;
    await session.remove();
    await control.close();
  }
}

const idleFor = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

describe.skipIf(!canRunJobs).each([
  { what: 'Notebook 6', jupyter: notebook6, lab: false },
  { what: 'JupyterLab 4', jupyter: jupyter4, lab: true },
])('$what with an idle time', ({ jupyter, lab }) => {
  it.skipIf(jupyter === undefined).concurrent('ends when nobody uses it, its idle kernel first', async () => {
    await withIdleJupyter({ jupyter: jupyter!, lab }, async ({ session, job, kernel }) => {
      await kernel();
      expect(await job.ended).toBe(0);
      expect(job.log()).toMatch(/Culling '\w+' kernel/);
      expect(await session.read('outcome')).toMatch(
        /^completed: nobody had used it for (?:less than|about) a minute\nstatus 0\n/,
      );
    });
  });

  it.skipIf(jupyter === undefined).concurrent(
    'goes on while a kernel computes, or a tab has one open',
    async () => {
      await withIdleJupyter({ jupyter: jupyter!, lab }, async ({ server, job, kernel, kernels, session }) => {
        const ids = await Promise.all([kernel(), kernel()]);
        const [busy, open] = await Promise.all(
          ids.map((id) =>
            openChannels(server, id, {
              authorization: `token ${session.token}`,
              origin: `https://${publicHost(server)}`,
            }),
          ),
        );
        const states = async () => {
          const all = await kernels();
          return ids.map((id) => all.find((one) => one.id === id)?.execution_state);
        };
        // Notebook 6 can miss what a kernel says in its first moments, while its own watch on it is still being
        // connected; one whose "busy" it missed it takes for idle. So not before it has heard both.
        await vi.waitFor(
          async () => {
            await Promise.all([askKernel(busy!), askKernel(open!)]);
            expect(await states()).toEqual(['idle', 'idle']);
          },
          { timeout: 20_000 },
        );
        await runCode(busy!, 'import time; print(1, flush=True); time.sleep(60)');
        await vi.waitFor(async () => expect(await states()).toEqual(['busy', 'idle']), { timeout: 20_000 });
        busy!.close();
        await idleFor(2 * IDLE_SECONDS);
        expect(await states()).toEqual(['busy', 'idle']);
        open!.close();
        await vi.waitFor(async () => expect(await states()).toEqual(['busy', undefined]), {
          timeout: 20_000,
        });
        expect(job.log()).not.toContain('shutting down');
      });
    },
  );

  // JupyterLab 4 does not know of them when it looks whether it is idle.
  if (lab) return;
  it.skipIf(jupyter === undefined).concurrent('goes on while a terminal is open', async () => {
    await withIdleJupyter({ jupyter: jupyter!, lab }, async ({ server, session, job }) => {
      const headers = { authorization: `token ${session.token}` };
      const made = await ask(server, '/api/terminals', { method: 'POST', headers, body: '{}' });
      expect(made.status, made.body).toBe(200);
      await idleFor(2 * IDLE_SECONDS);
      expect(job.log()).not.toContain('shutting down');
    });
  });
});
