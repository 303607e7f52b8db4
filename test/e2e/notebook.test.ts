/** The whole way on real Slurm, in a real browser: from the held job's waiting page to a cell that shows 42. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser, type Browser } from './bed/browser.js';
import { forgetSessions, jupyterPath, launchAs, sessionOfJob, type LaunchAs } from './bed/launches.js';
import { interfaceOf, runCell, save, type Interface } from './bed/notebook.js';
import { curl } from './bed/curl.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, releaseJob, showJob } from './bed/slurm.js';
import { user } from './bed/users.js';

/** Besides PATH, SLURM_CONF and START_JUPYTER_CONFIG: what a login gives is taken out. */
const NOTHING = { HOME: undefined, USER: undefined, LOGNAME: undefined, SHELL: undefined, LANG: undefined };

describeOnBed('a notebook on real Slurm', () => {
  let proxy: Proxy;
  let browser: Browser;

  beforeAll(async () => {
    proxy = await startProxy();
    browser = await startBrowser([proxy.caFile]);
  });

  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
    for (const { name, home } of [alice(), long()]) {
      await clearJobsOf(name);
      forgetSessions(user(name));
      // The next one's notebook is to be a new file, and JupyterLab opens that of last time.
      for (const left of ['Untitled.ipynb', 'Untitled1.ipynb', '.jupyter']) {
        rmSync(join(home, left), { recursive: true, force: true });
      }
    }
  });

  afterAll(async () => {
    await browser.close();
    await proxy.stop();
  });

  const alice = () => user(theBed().users.alice);
  const long = () => user(theBed().users.long);
  const jupyter4 = () => ({ PATH: jupyterPath('jupyter4') });

  interface Case {
    server?: 'lab' | 'notebook';
    options?: () => LaunchAs;
    shows: Interface;
    /** Of the notebook that is saved; by default what the umask of the bed's users gives, 022. */
    mode?: number;
    /** What the kernel has in VIRTUAL_ENV. */
    virtualEnv?: () => string;
  }

  const cases: Record<string, Case> = {
    'Notebook 6 with nothing in the environment': {
      options: () => ({ env: NOTHING }),
      shows: 'notebook6',
    },
    'Notebook 6 from a home of 90 characters': {
      options: () => ({ user: long() }),
      shows: 'notebook6',
    },
    'JupyterLab 4': { server: 'lab', options: () => ({ env: jupyter4() }), shows: 'lab' },
    'JupyterLab 4 from a home of 90 characters': {
      server: 'lab',
      options: () => ({ user: long(), env: jupyter4() }),
      shows: 'lab',
    },
    'Notebook 7 under the umask 027': {
      server: 'notebook',
      options: () => ({
        env: jupyter4(),
        wrap: (command) => ['/bin/sh', '-c', 'umask 027; exec "$@"', 'sh', ...command],
      }),
      shows: 'notebook7',
      mode: 0o640,
    },
    'Notebook 7 of an active virtual environment': {
      server: 'notebook',
      options: () => ({ env: { ...jupyter4(), VIRTUAL_ENV: theBed().jupyter4 } }),
      shows: 'notebook7',
      virtualEnv: () => theBed().jupyter4,
    },
  };

  test.each(Object.entries(cases))('%s: waiting page, notebook, 6*7', async (_, given) => {
    const { server, shows, mode = 0o644 } = given;
    const options = given.options?.() ?? {};
    const owner = options.user ?? alice();
    const held = ['--scheduler-arg', '--hold', ...(server ? ['-s', server] : [])];
    const launch = await launchAs(proxy, ['-p', 'debug', '-t', '30', ...held], options);
    expect(launch).toMatchObject({ exitCode: 0 });
    expect(launch.stdout).toBe(`Your notebook is here:\n${launch.url}\n`);
    expect((await showJob(launch.jobId))?.get('JobState')).toBe('PENDING');

    const page = await browser.open(launch.url);
    expect(await page.title()).toMatch(/wait/i);
    // The token is out of the address bar, and nobody else learns of it.
    expect(page.url()).not.toContain('token');
    await releaseJob(launch.jobId);
    expect(await interfaceOf(page)).toBe(shows);
    const cell = await runCell(page, '6*7');
    expect(cell.result).toBe('42');

    const cookies = await browser.context.cookies(launch.url);
    expect(cookies.length).toBeGreaterThan(1);
    expect(cookies.filter((cookie) => !cookie.secure)).toEqual([]);
    await save(cell.page);
    const notebook = join(owner.home, 'Untitled.ipynb');
    expect(statSync(notebook).mode & 0o777).toBe(mode);
    expect(existsSync(join(sessionOfJob(owner, launch.jobId), 'ready.json'))).toBe(true);

    const foreign = [
      '-H',
      'Origin: https://evil.example',
      '-H',
      'Upgrade: websocket',
      '-H',
      'Connection: Upgrade',
    ];
    const socket = ['-H', 'Sec-WebSocket-Version: 13', '-H', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
    const cookie = ['-H', `Cookie: ${cookies.map(({ name, value }) => `${name}=${value}`).join('; ')}`];
    const kernels = curl(proxy.caFile, new URL('/api/kernels', launch.url).href, ...cookie);
    const [{ id }] = JSON.parse(kernels.body) as [{ id: string }];
    const channels = new URL(`/api/kernels/${id}/channels`, launch.url).href;
    const same = ['-H', `Origin: ${new URL(launch.url).origin}`, ...foreign.slice(2)];
    expect(curl(proxy.caFile, channels, ...cookie, ...foreign, ...socket).status).toBe(403);
    expect(upgraded(proxy.caFile, channels, [...cookie, ...same, ...socket])).toBe(true);
    if (given.virtualEnv) {
      await cell.page.close();
      const asked = await runCell(page, "__import__('os').environ.get('VIRTUAL_ENV', 'none')");
      expect(asked.result).toBe(`'${given.virtualEnv()}'`);
    }
  });
});

/** With the right Origin the same request is taken: curl then waits on the open socket until its time is up. */
function upgraded(caFile: string, url: string, args: string[]): boolean {
  try {
    return curl(caFile, url, ...args, '--max-time', '2', '--http1.1').status === 101;
  } catch (error) {
    return /101$/.test(String((error as { stdout?: string }).stdout));
  }
}
