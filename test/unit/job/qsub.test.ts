/** The scripts for Torque and PBS as their nodes run them: nothing of their output is seen before the job's end. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pbsDirectives } from '../../../src/scheduler/qsub/pbs-directives.js';
import { torqueDirectives } from '../../../src/scheduler/qsub/torque-directives.js';
import { render } from '../../../src/script/render.js';
import { type Control, startControl } from './control.js';
import { canRunJobs, type JobSession, makeSession } from './session.js';

const templates = join(import.meta.dirname, '../../../batch-templates');

describe.skipIf(!canRunJobs).each(['torque', 'pbs'] as const)('a script for %s', (kind) => {
  let control: Control;
  let session: JobSession;

  beforeEach(async () => {
    control = await startControl();
    session = await makeSession({ control, below: "it's $(here)" });
  });

  afterEach(async () => {
    await session.remove();
    await control.close();
  });

  it('writes its own log, from the template’s first command on', async () => {
    const { directory } = session;
    const shipped = await readFile(join(templates, kind, 'notebook.sh'), 'utf8');
    const text = shipped.replace(/^(?=[a-z])/m, 'echo "of the template"; nosuchprogram\n');
    const directives = { torque: torqueDirectives, pbs: pbsDirectives }[kind](
      {
        name: 'jupyter-0123456789',
        workingDirectory: directory,
        logFile: join(directory, 'job.log'),
        walltime: { value: 30, rank: 'lower' },
      },
      text,
    );
    const script = render(
      directives.template ?? '',
      { session_dir: directory, server: 'notebook' },
      directives,
    );
    await writeFile(join(directory, 'batch.sh'), script);
    await writeFile(join(directory, 'job.log'), '', { mode: 0o600 });
    const job = session.start();
    const log = () => readFile(join(directory, 'job.log'), 'utf8');
    await expect.poll(log, { timeout: 20_000 }).toContain('is mapped to this node');
    job.child.kill('SIGTERM');
    expect(await job.ended).toBe(143);
    expect(await log()).toMatch(
      /^of the template\n.*nosuchprogram: command not found\nstart-jupyter: starting/,
    );
    expect(await log()).toMatch(/start-jupyter: stopped: .*\n$/);
    expect(job.log()).toBe('');
    expect(session.secretsLeft()).toEqual([]);
  });

  it('that cannot have its log says so where the scheduler keeps it', async () => {
    const { directory } = session;
    await mkdir(join(directory, 'job.log'));
    const directives = { lower: [], upper: [], log: join(directory, 'job.log') };
    const text = await readFile(join(templates, kind, 'notebook.sh'), 'utf8');
    await writeFile(
      join(directory, 'batch.sh'),
      render(text, { session_dir: directory, server: 'notebook' }, directives),
    );
    const job = session.start();
    await job.said('is mapped to this node');
    expect(job.log()).toMatch(/job\.log: Is a directory/);
    job.child.kill('SIGTERM');
    expect(await job.ended).toBe(143);
    await rm(join(directory, 'job.log'), { recursive: true });
  });
});
