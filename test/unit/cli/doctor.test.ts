/** `start-jupyter doctor` with programs on PATH and a proxy that keep what they were asked. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/launch/doctor/finding.js';
import { tlsServer } from '../platform/tls-server.js';
import { fakePrograms, type FakePrograms } from '../scheduler/fake-programs.js';
import { fakeHost, outcomeOf } from './host.js';

const JUPYTER = `printf 'notebook : 7.2.1\\njupyterlab : 4.2.3\\n'`;

describe('the doctor', () => {
  let programs: FakePrograms;
  let home: string;
  let asked: string[];
  beforeEach(async () => {
    programs = await fakePrograms();
    home = mkdtempSync(join(tmpdir(), 'doctor-'));
    asked = [];
    await programs.add('jupyter', JUPYTER);
  });
  afterEach(async () => {
    rmSync(home, { recursive: true, force: true });
    await programs.remove();
  });

  async function addSlurm(): Promise<void> {
    await programs.add('sbatch', `echo 'slurm 23.11.4'`);
    await programs.add('sinfo', String.raw`printf 'compute|1-00:00:00|up\ndebug|30:00|down\n'`);
  }

  function configure(...lines: string[]): void {
    mkdirSync(join(home, '.config/start-jupyter'), { recursive: true });
    const text = ['systems:', '  bed:', '    hosts: [".*"]', ...lines.map((line) => `    ${line}`)];
    writeFileSync(join(home, '.config/start-jupyter/systems.yaml'), `${text.join('\n')}\n`);
  }

  async function addProxy(
    listener: RequestListener = (_request, response) => {
      response.setHeader('start-jupyter-api', '1');
      response.writeHead(404).end('{"code":"no-such-call","message":"There is no such call."}');
    },
    facts = {},
  ): Promise<string> {
    const server = await tlsServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      listener(request, response);
    }, facts);
    writeFileSync(join(home, 'ca.pem'), server.ca);
    return `test.localhost:${server.port}`;
  }

  async function examined(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const host = fakeHost({ env: { ...programs.env, HOME: home, ...env }, cwd: home });
    const { status, stdout, stderr } = await outcomeOf(['doctor', '--json', ...args], host);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\{"version":1,/);
    const said = JSON.parse(stdout) as { findings: Finding[]; exitStatus: number };
    expect(said.exitStatus).toBe(status);
    const of = (topic: string) => said.findings.filter((finding) => finding.topic === topic);
    return { status, of, findings: said.findings };
  }

  it('finds all good on a good cluster; it submits, reserves and leaves nothing', async () => {
    await addSlurm();
    const endpoint = await addProxy(undefined, { days: 90 });
    configure('scheduler: slurm', `endpoint: ${endpoint}`, `ca: ${home}/ca.pem`, 'partition: compute');
    await programs.add('scancel', 'true');
    const { status, findings, of } = await examined();
    expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
    expect(status).toBe(0);
    expect(of('Scheduler')[0]?.text).toBe('Slurm 23.11.4 answers; partitions compute, debug (closed)');
    expect(of('Partition')[0]?.text).toBe('compute, unless you name another');
    expect(of('Jupyter')[0]?.text).toContain('Jupyter Notebook 7.2.1');
    expect(of('Sessions')[0]?.text).toMatch(/^~\/\.local\/state\/start-jupyter: will be made, \d.* free$/);
    expect(of('Proxy')[0]?.text).toContain('is start-jupyter-proxy');
    expect(of('Certificate')[0]?.text).toMatch(/^trusted, for \*\.test\.localhost, until 20/);
    expect(of('Clock')).toHaveLength(1);

    expect(asked).toEqual(['GET /api/v1/doctor']);
    expect((await programs.calls('sbatch')).map(({ args }) => args)).toEqual([['--version']]);
    expect(await programs.calls('scancel')).toEqual([]);
    expect(readdirSync(home).sort()).toEqual(['.config', 'ca.pem']);
  });

  it('prints lines, and what they come to', async () => {
    configure('scheduler: local');
    const host = fakeHost({ env: { ...programs.env, HOME: home }, cwd: home });
    const { status, stdout } = await outcomeOf(['doctor'], host);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^good {6}Program {8}start-jupyter /);
    expect(stdout).toMatch(/\n\nEverything is as it should be\.\n$/);
    expect(stdout).not.toContain('\x1b');
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(110);
  });

  it('looks at the directory and the template that are named', async () => {
    configure('scheduler: local');
    const { status, of } = await examined(['-d', 'nowhere', '-b', 'nothing']);
    expect(of('Directory')[0]).toMatchObject({ verdict: 'bad', code: 'bad-directory' });
    expect(of('Template')[0]).toMatchObject({ verdict: 'bad', code: 'unknown-template' });
    expect(of('Jupyter')[0]).toMatchObject({ verdict: 'good' });
    expect(status).toBe(2);

    writeFileSync(join(home, 'my.sh'), '#!/bin/bash\nstart_session notebook\n');
    const right = await examined(['-d', '.', '-b', './my.sh']);
    expect(right.of('Directory')[0]).toMatchObject({ verdict: 'good', text: home });
    expect(right.of('Template')[0]).toMatchObject({ verdict: 'good', text: join(home, 'my.sh') });
    expect(right.status).toBe(0);
  });

  it('has the status of what a launch would meet first', async () => {
    await addSlurm();
    await programs.add('jupyter', 'exit 1');
    configure('scheduler: slurm', 'endpoint: test.localhost:1', 'partition: gone', 'conda_required: true');
    const { status, findings } = await examined();
    expect(findings.filter(({ verdict }) => verdict === 'bad').map(({ code }) => code)).toEqual([
      'unknown-partition',
      'no-jupyter',
      'no-conda',
      'proxy-unreachable',
    ]);
    expect(status).toBe(2);
  });

  it('looks at the rest where the configuration is broken', async () => {
    await addSlurm();
    configure('scheduler: slurn');
    const { status, of } = await examined();
    expect(status).toBe(3);
    expect(of('Configuration')).toEqual([
      expect.objectContaining({
        verdict: 'bad',
        text: expect.stringMatching(/systems\.yaml, line 4/) as string,
      }),
    ]);
    expect(of('Scheduler')[0]?.text).toContain('Slurm 23.11.4 answers');
    expect(of('Jupyter')[0]?.verdict).toBe('good');
    expect(of('Proxy')[0]?.verdict).toBe('doubtful');
  });

  it('looks at the rest where no system is known', async () => {
    await addSlurm();
    await programs.add('scontrol', 'exit 1');
    const endpoint = await addProxy();
    const { status, of } = await examined(['--endpoint', endpoint, '--ca', `${home}/ca.pem`]);
    expect(status).toBe(3);
    expect(of('Proxy')[0]?.verdict).toBe('good');
    expect(of('System')[0]).toMatchObject({ verdict: 'bad', code: 'unknown-system' });
    expect(of('System')[0]?.cure).toContain('put this into');
    expect(of('Scheduler')[0]?.verdict).toBe('good');
  });

  it('looks at the rest where an option, or a variable, cannot be read', async () => {
    configure('scheduler: local');
    const { status, of } = await examined([], { START_JUPYTER_TIME: 'soon', START_JUPYTER_TIEM: '30' });
    expect(status).toBe(2);
    expect(of('Options')[0]).toMatchObject({ verdict: 'bad', code: 'bad-time' });
    expect(of('Variables')[0]).toMatchObject({ verdict: 'doubtful' });
    expect(of('Sessions')[0]?.verdict).toBe('good');
  });

  it('takes the launch’s options, wherever they stand', async () => {
    const { of } = await examined(['--system', 'expanse'], { START_JUPYTER_ENDPOINT: await addProxy() });
    expect(of('System')[0]?.text).toBe('expanse (given by --system)');
    expect(of('Scheduler')[0]).toMatchObject({ verdict: 'bad', code: 'scheduler-unreachable' });
    // Its authority was not named.
    expect(of('Proxy')[0]).toMatchObject({ verdict: 'bad', code: 'proxy-untrusted' });
    expect(asked).toEqual([]);
  });

  it('makes the environment that is asked for, and says why it cannot', async () => {
    configure('scheduler: local');
    const env = { PATH: `${programs.env['PATH'] ?? ''}:/usr/bin:/bin` };
    const { status, of } = await examined(['--modules', 'astro'], env);
    expect(of('Jupyter')[0]).toMatchObject({ verdict: 'bad', code: 'no-modules' });
    expect(of('Jupyter')[0]?.text).toContain('module astro');
    expect(status).toBe(4);
  });

  it('says that Slurm does not answer', async () => {
    await addSlurm();
    await programs.add(
      'sinfo',
      `echo 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1`,
    );
    configure('scheduler: slurm', 'endpoint: test.localhost:1');
    const { status, of } = await examined();
    expect(of('Scheduler')).toEqual([
      expect.objectContaining({ verdict: 'bad', text: 'Slurm 23.11.4 does not answer.' }),
    ]);
    expect(status).toBe(6);
  });

  it('tries the place of the sessions out', async () => {
    configure('scheduler: local');
    const open = join(home, 'open');
    mkdirSync(join(open, 'start-jupyter'), { recursive: true });
    chmodSync(join(open, 'start-jupyter'), 0o777);
    const { status, of } = await examined([], { XDG_STATE_HOME: open });
    expect(of('Sessions')[0]).toMatchObject({ verdict: 'bad', code: 'unsafe-directory' });
    expect(status).toBe(4);
  });

  describe('of the proxy', () => {
    const proxyFindings = async (listener?: RequestListener, facts = {}, ...lines: string[]) => {
      await addSlurm();
      const endpoint = await addProxy(listener, facts);
      configure('scheduler: slurm', `endpoint: ${endpoint}`, `ca: ${home}/ca.pem`, ...lines);
      return await examined();
    };
    const classic: RequestListener = (_request, response) =>
      response.writeHead(404).end('<title>404</title>');

    it('knows a classic service as far as that can be told', async () => {
      const { of, status } = await proxyFindings(classic);
      expect(of('Proxy')[0]).toMatchObject({
        verdict: 'good',
        text: expect.stringContaining('classic') as string,
      });
      expect(status).toBe(0);
    });

    it('refuses one where the system wants our own', async () => {
      const { of, status } = await proxyFindings(classic, {}, 'protocol: v1');
      expect(of('Proxy')[0]).toMatchObject({ verdict: 'bad', code: 'proxy-too-old' });
      expect(status).toBe(5);
    });

    it('doubts a certificate that expires soon', async () => {
      const { of } = await proxyFindings(undefined, { days: 5 });
      expect(of('Certificate')[0]).toMatchObject({
        verdict: 'doubtful',
        cure: expect.stringMatching(/expires in [34] days/) as string,
      });
    });

    it('finds that its certificate is not for the names of sessions', async () => {
      const { of, status } = await proxyFindings(undefined, { names: ['manage.test.localhost'] });
      expect(of('Certificate')[0]).toMatchObject({ verdict: 'bad', code: 'proxy-untrusted' });
      expect(status).toBe(5);
    });

    it('doubts clocks that differ', async () => {
      const { of } = await proxyFindings((_request, response) => {
        response.setHeader('date', new Date(Date.now() + 600_000).toUTCString());
        response.writeHead(404).end();
      });
      expect(of('Clock')[0]).toMatchObject({
        verdict: 'doubtful',
        text: 'This machine is 10 minutes behind the proxy.',
      });
    });
  });

  it.each([
    ['torque', 'Torque 6.1.3.h5', 'Version: 6.1.3.h5'],
    ['pbs', 'PBS 23.06.06', 'pbs_version = 23.06.06'],
  ])('of %s knows the version, asks for queues, and submits nothing', async (kind, shown, version) => {
    await programs.add('qsub', `echo '${version}'`);
    await programs.add(
      'qstat',
      String.raw`if [ "$1" = --version ]; then echo '${version}'; else printf 'Queue: workq\n    enabled = True\n    started = True\n\n'; fi`,
    );
    await programs.add('qdel', 'true');
    configure(`scheduler: ${kind}`, 'endpoint: test.localhost:1');
    const { of } = await examined();
    expect(of('Scheduler')).toEqual([
      expect.objectContaining({ verdict: 'good', text: `${shown} answers; queue workq` }),
    ]);
    const asked = async (name: string) => (await programs.calls(name)).map(({ args }) => args.join(' '));
    expect(await asked('qsub')).toEqual(['--version']);
    expect((await asked('qstat')).sort()).toEqual(['--version', '-Qf']);
    expect(await asked('qdel')).toEqual([]);
  });

  it('says of a qsub in front of Slurm what a launch says of it', async () => {
    await programs.add('qsub', `echo 'Unknown option: version' >&2; echo '    qsub [-P wckey]' >&2; exit 1`);
    await programs.add('qstat', 'exit 1');
    configure('scheduler: torque', 'endpoint: test.localhost:1');
    const { status, of } = await examined();
    expect(of('Scheduler')).toEqual([expect.objectContaining({ verdict: 'bad', code: 'bad-configuration' })]);
    expect(of('Scheduler')[0]?.cure).toContain('scheduler: slurm');
    expect(status).toBe(3);
    expect(await programs.calls('qsub').then((calls) => calls.map(({ args }) => args))).toEqual([
      ['--version'],
    ]);
  });

  it('doubts a scheduler that the file calls otherwise, and knows a queue that takes no jobs', async () => {
    await programs.add('qsub', `echo 'Version: 6.1.3.h5'`);
    await programs.add(
      'qstat',
      String.raw`printf 'Queue: workq\n    enabled = False\n    started = True\n\nQueue: debug\n    enabled = True\n    started = True\n\n'`,
    );
    configure('scheduler: pbs', 'endpoint: test.localhost:1', 'partition: workq');
    const { of } = await examined();
    expect(of('Scheduler').map(({ verdict, text }) => [verdict, text])).toEqual([
      ['good', 'PBS answers; queues workq (closed), debug'],
      ['doubtful', expect.stringContaining('The qsub here belongs to Torque')],
    ]);
    expect(of('Partition')).toEqual([
      expect.objectContaining({
        verdict: 'bad',
        code: 'scheduler-refused',
        text: 'workq takes no jobs now.',
      }),
    ]);
  });

  it('builds no conda environment', async () => {
    await programs.add('micromamba', 'exit 1');
    configure('scheduler: local', `conda_yml: ${home}/e.yml`);
    writeFileSync(join(home, 'e.yml'), 'dependencies:\n  - jupyterlab\n');
    const { of, status } = await examined();
    expect(of('Jupyter')).toEqual([
      expect.objectContaining({
        verdict: 'doubtful',
        text: expect.stringContaining('is not built yet') as string,
      }),
    ]);
    expect(await programs.calls('micromamba')).toEqual([]);
    expect(readdirSync(home).sort()).toEqual(['.config', 'e.yml']);
    expect(status).toBe(0);
  });

  it('says what is active, and what does not work', async () => {
    await programs.add('apptainer', 'echo apptainer version 1.3.4; exit 1');
    configure('scheduler: local');
    const { of } = await examined([], { CONDA_PREFIX: '/opt/envs/sky', CONDA_DEFAULT_ENV: 'sky' });
    expect(of('conda')[0]?.text).toMatch(/sky is active$/);
    expect(of('Containers')[0]).toMatchObject({
      verdict: 'doubtful',
      text: expect.stringMatching(/\/apptainer does not work\.$/) as string,
    });
  });

  it('says what software there is', async () => {
    await programs.add('conda', 'true');
    await programs.add('apptainer', 'echo apptainer version 1.3.4');
    configure('scheduler: local');
    const { of } = await examined([], { LMOD_VERSION: '8.7', LOADEDMODULES: 'gcc/12:astro' });
    expect(of('conda')[0]?.text).toMatch(/conda, no environment is active$/);
    expect(of('Containers')[0]?.text).toMatch(/apptainer 1\.3\.4$/);
    expect(of('Modules')[0]?.text).toBe('Lmod 8.7, loaded: gcc/12, astro');
  });
});
