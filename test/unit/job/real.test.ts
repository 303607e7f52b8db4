/** The job with real Jupyter servers of both generations, among settings of a person who meant well. */
import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Control, startControl } from './control.js';
import { ask, jupyter4, notebook6, openChannels, publicHost, runCode, type Server } from './real-jupyter.js';
import { canRunJobs, type JobSession, makeSession, type RunningJob } from './session.js';

/** Every option that the session must decide, in an option family. */
const stray = (family: string) => `
c.${family}.base_url = '/stray/'
c.${family}.port = 9
c.${family}.ip = '127.0.0.9'
c.${family}.port_retries = 7
c.${family}.allow_origin = '*'
c.${family}.allow_origin_pat = '.*'
c.${family}.password = 'sha1:stray:stray'
c.${family}.token = 'stray'
c.${family}.root_dir = '/tmp'
c.${family}.notebook_dir = '/tmp'
c.${family}.allow_remote_access = False
c.${family}.certfile = '/stray/cert.pem'
c.${family}.client_ca = '/stray/ca.pem'
c.${family}.open_browser = True
c.IdentityProvider.token = 'stray'
c.PasswordIdentityProvider.token = 'stray'
`;

const STRAY_FILES = [
  'jupyter_config',
  'jupyter_server_config',
  'jupyter_notebook_config',
  'jupyter_lab_config',
];

interface Running {
  session: JobSession;
  job: RunningJob;
  control: Control;
  server: Server;
  rootDir: string;
}

async function withJupyter(
  jupyter: string,
  interface_: 'notebook' | 'jupyterlab',
  family: string,
  check: (running: Running) => Promise<void>,
): Promise<void> {
  const control = await startControl();
  const session = await makeSession({
    control,
    jupyter,
    server: interface_,
    homeName: 'h'.repeat(90),
    below: 's'.repeat(90),
    rootName: `root "quoted" $(touch injected) 'and'\nnewline`,
    environment: { sj_umask: '0027', sj_PATH: '/usr/bin:/bin' },
  });
  await mkdir(join(session.home, '.jupyter'));
  for (const name of STRAY_FILES)
    await writeFile(join(session.home, '.jupyter', `${name}.py`), stray(family));
  const job = session.start();
  try {
    await job.said('is mapped to this node', 60_000);
    const { port } = JSON.parse(await session.read('ready.json')) as { port: number };
    const server = { port, token: session.token, ca: await session.read('certificate.pem') };
    await check({ session, job, control, server, rootDir: session.rootDir });
  } finally {
    job.terminate();
    await job.ended;
    await session.remove();
    await control.close();
  }
}

describe.skipIf(!canRunJobs).each([
  { what: 'Notebook 6', jupyter: notebook6, interface_: 'notebook', family: 'NotebookApp', page: '/tree' },
  {
    what: 'Notebook 7',
    jupyter: jupyter4,
    interface_: 'notebook',
    family: 'JupyterNotebookApp',
    page: '/tree',
  },
  { what: 'JupyterLab 4', jupyter: jupyter4, interface_: 'jupyterlab', family: 'LabApp', page: '/lab' },
  { what: 'JupyterLab 4', jupyter: jupyter4, interface_: 'jupyterlab', family: 'ServerApp', page: '/lab' },
] as const)('a job with $what among stray options of $family', ({ jupyter, interface_, family, page }) => {
  it.skipIf(jupyter === undefined)(
    'serves what was asked for, whatever the person’s own files say',
    async () => {
      await withJupyter(jupyter!, interface_, family, async ({ session, job, server, rootDir }) => {
        const authorization = `token ${server.token}`;
        const foreign = 'https://evil.example';
        expect((await ask(server, '/api/status')).status).toBe(403);
        expect((await ask(server, '/api/status', { headers: { authorization: 'token stray' } })).status).toBe(
          403,
        );

        const login = await ask(server, `${page}?token=${server.token}`, {
          headers: { origin: foreign, 'accept-encoding': 'gzip' },
        });
        const cookies = login.headers['set-cookie'] ?? [];
        const loginCookie = cookies.find((cookie) => cookie.startsWith('username-'));
        expect(loginCookie).toMatch(/; secure/i);
        expect(loginCookie).toMatch(/; httponly/i);
        const cookie = cookies.map((text) => text.split(';')[0]).join('; ');
        const opened = await ask(server, page, { headers: { cookie, 'accept-encoding': 'gzip' } });
        expect(opened).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });

        const notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
        const saved = await ask(server, '/api/contents/mine.ipynb', {
          method: 'PUT',
          headers: { authorization },
          body: JSON.stringify({ type: 'notebook', format: 'json', content: notebook }),
        });
        expect(saved.status).toBe(201);
        expect((statSync(join(rootDir, 'mine.ipynb')).mode & 0o777).toString(8)).toBe('640');

        const started = await ask(server, '/api/kernels', {
          method: 'POST',
          headers: { authorization },
          body: '{}',
        });
        const { id } = JSON.parse(started.body) as { id: string };
        expect(await openChannels(server, id, { cookie, origin: foreign })).toBeUndefined();
        const channels = await openChannels(server, id, { cookie, origin: `https://${publicHost(server)}` });
        expect(await runCode(channels!, 'print(6 * 7)')).toBe('42\n');
        channels!.close();
        expect(job.log()).not.toContain(server.token);
        expect(job.log()).not.toContain(session.redeemSecret);
      });
    },
  );
});

/** A jupyter before whose first start somebody takes the port, after the job has looked whether it is free. */
const taken = (jupyter: string) => `#!/bin/bash
if mkdir "$0.once" 2>/dev/null; then
  for argument; do case $argument in --ServerApp.port=*) port=\${argument#*=} ;; esac; done
  python3 -c 'import socket, sys, time
squatter = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(30)' "$port" &
  until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
fi
exec ${jupyter} "$@"
`;

describe.skipIf(!canRunJobs).each([
  { what: 'Notebook 6', jupyter: notebook6 },
  { what: 'Notebook 7', jupyter: jupyter4 },
])('a port that is taken under $what', ({ jupyter }) => {
  it.skipIf(jupyter === undefined)('is told from another failure', async () => {
    const control = await startControl();
    const session = await makeSession({ control, environment: { sj_PATH: '/usr/bin:/bin' } });
    await writeFile(join(session.place, 'bin', 'jupyter'), taken(jupyter!), { mode: 0o755 });
    const job = session.start();
    try {
      await job.said('is mapped to this node', 60_000);
      expect(job.log()).toContain("is somebody else's, trying another one");
    } finally {
      job.terminate();
      await job.ended;
      await session.remove();
      await control.close();
    }
  });
});
