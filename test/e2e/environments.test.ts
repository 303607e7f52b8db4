/** The software that a person names: loaded or activated here and again in the job, so that the kernel sees it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { condaShaped } from './bed/conda.js';
import { curl } from './bed/curl.js';
import {
  forgetSessions,
  launchAs,
  sessionDirectories,
  sessionOfJob,
  startLaunchAs,
  type Launch,
} from './bed/launches.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf } from './bed/slurm.js';
import { standIns, type StandIns } from './bed/stand-ins.js';
import { user } from './bed/users.js';

describeOnBed('software that a person names', () => {
  let proxy: Proxy;
  let folder: string;
  let site: string[];
  let tools: StandIns;
  const lena = () => user(theBed().users.lena);

  beforeAll(async () => {
    proxy = await startProxy();
    folder = mkdtempSync('/var/tmp/start-jupyter-environments-');
    chmodSync(folder, 0o755);
    const modules = join(folder, 'modulefiles');
    site = [`modulepath: ['${modules}']`];
    mkdirSync(join(modules, 'astro'), { recursive: true });
    const lines = [`prepend-path PATH ${folder}/astro`, 'setenv ASTRO_HOME "/opt/the  astro"'];
    writeFileSync(join(modules, 'astro/1.2'), ['#%Module1.0', ...lines, ''].join('\n'));
    tools = standIns(lena());
    condaShaped(join(folder, 'envs', 'sky'));
  });

  afterEach(async () => {
    await clearJobsOf(lena().name);
    forgetSessions(lena());
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await proxy.stop();
  });

  /** As after a login on a machine with this module system, whose `module` is a function of that shell alone. */
  const shellWith = (init: string) => ({ MODULESHOME: join(init, '../..'), PATH: tools.path });

  async function launched(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Launch> {
    const options = { user: lena(), env, site, limitMs: 90_000 };
    const launch = await launchAs(proxy, ['-t', '30', '-s', 'lab', ...args], options);
    expect(launch, launch.stderr).toMatchObject({ exitCode: 0 });
    const ready = join(sessionOfJob(lena(), launch.jobId), 'ready.json');
    const there = await until(() => existsSync(ready) || undefined, 60_000);
    expect(there, readFileSync(join(ready, '../job.log'), 'utf8')).toBe(true);
    return launch;
  }

  /** Starts a kernel through the proxy, and looks at what it has. */
  async function kernel({ url, token }: Launch): Promise<{ env: Map<string, string>; program: string }> {
    const call = ['-X', 'POST', '-H', `Authorization: token ${token}`, '-d', '{"name": "python3"}'];
    const answer = curl(proxy.caFile, new URL('/api/kernels', url).href, ...call);
    expect(answer).toMatchObject({ status: 201 });
    const { id } = JSON.parse(answer.body) as { id: string };
    const pid = await until(() => readdirSync('/proc').find((name) => isKernel(name, id)), 20_000);
    const entries = read(`/proc/${pid ?? ''}/environ`)
      .split('\0')
      .filter(Boolean);
    const env = new Map(
      entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
    return { env, program: read(`/proc/${pid ?? ''}/cmdline`).split('\0')[0] ?? '' };
  }

  /** Kills a launcher, and what builds for it, in the middle of a build. Gives the folder that they leave. */
  async function killedWhileBuilding(args: readonly string[]): Promise<string> {
    tools.add('mamba', 'mkdir -p "$4/conda-meta"; mark half "$4"; mark pid "$$"; exec sleep 60');
    const options = { user: lena(), env: shellWith(theBed().lmod), site };
    const launch = startLaunchAs(proxy, ['-t', '30', ...args], options);
    const [half, pid] = [await tools.noted('half'), await tools.noted('pid')];
    launch.signal('SIGKILL');
    await launch.ended(20_000);
    process.kill(Number(pid), 'SIGKILL');
    expect(existsSync(half)).toBe(true);
    return half;
  }

  test('a module of Environment Modules and a conda environment of another shell reach the kernel', async () => {
    const prefix = join(folder, 'envs', 'sky');
    const env = shellWith(theBed().environmentModules);
    const launch = await launched(['-e', 'astro', '--conda-env', prefix], env);
    expect(launch.stderr).toMatch(/^Jupyter: JupyterLab \S+ \(conda environment sky, module astro\/1\.2\)$/m);
    const seen = await kernel(launch);
    expect(seen.program).toBe(join(prefix, 'bin/python'));
    expect(Object.fromEntries(seen.env)).toMatchObject({
      ASTRO_HOME: '/opt/the  astro',
      LOADEDMODULES: 'astro/1.2',
      CONDA_PREFIX: prefix,
      CONDA_DEFAULT_ENV: 'sky',
      SKY_DATA: `${prefix}/share/sky`,
      SKY_LEVEL: 'high "$(id)"',
    });
    expect(seen.env.get('PATH')?.split(':').slice(0, 2)).toEqual([
      join(prefix, 'bin'),
      join(folder, 'astro'),
    ]);
    expect([...seen.env.keys()].filter((name) => name.startsWith('sj_'))).toEqual([]);
  });

  test('a conda environment is built once from a file, beside a module of Lmod, after one that was killed', async () => {
    const file = join(folder, 'my astro.yml');
    writeFileSync(file, 'dependencies:\n  - jupyterlab\n');
    const args = ['-e', 'astro/1.2', '--conda-yml', file];
    const half = await killedWhileBuilding(args);
    // As mamba does it, but the packages are those of the bed.
    tools.add(
      'mamba',
      `[ "$*" = "env create -p $4 -f $6" ] || { echo "mamba: error: unrecognized arguments: $*" >&2; exit 2; }
      mark built "$4"; cp -a '${folder}/envs/sky' "$4" && grep -rlIZ '${folder}/envs/sky' "$4" | xargs -0 sed -i "s#${folder}/envs/sky#$4#g"`,
    );
    const first = await launched(args, shellWith(theBed().lmod));
    expect(first.stderr).toMatch(/^Building the conda environment of my astro\.yml with mamba, once/m);
    const prefix = await tools.noted('built');
    expect([half === prefix, existsSync(half), existsSync(prefix)]).toEqual([false, false, true]);
    const seen = await kernel(first);
    expect(seen.program).toBe(join(prefix, 'bin/python'));
    expect(Object.fromEntries(seen.env)).toMatchObject({
      ASTRO_HOME: '/opt/the  astro',
      SKY_DATA: `${prefix}/share/sky`,
    });

    tools.add('mamba', 'exit 1');
    const again = await launchAs(proxy, ['--dry-run', ...args], {
      user: lena(),
      env: shellWith(theBed().lmod),
      site,
    });
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).not.toMatch(/Building|not built/);
  });

  test.each([
    { args: ['-e', 'astro/9'], code: 'no-modules', says: /^The module astro\/9 could not be loaded\.$/ },
    { args: ['--conda-env', 'sea'], code: 'no-conda', says: /^There is no conda environment "sea"\.$/ },
    { args: ['--conda-yml', '/none.yml'], code: 'no-conda', says: /^There is no file \/none\.yml\.$/ },
  ])('$args is refused before anything is taken', async ({ args, code, says }) => {
    const logged = proxy.log().length;
    const env = shellWith(theBed().environmentModules);
    const launch = await launchAs(proxy, ['--json', ...args], { user: lena(), env });
    expect(launch, launch.stderr).toMatchObject({ stdout: '', exitCode: 4 });
    const { error } = JSON.parse(launch.stderr) as { error: Record<'code' | 'message' | 'hint', string> };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(await jobsOf(lena().name)).toEqual([]);
    expect(sessionDirectories(lena())).toEqual([]);
    expect(proxy.log().slice(logged)).not.toContain('"event":"reserve"');
  });
});

function isKernel(pid: string, id: string): boolean {
  return (
    /^\d+$/.test(pid) &&
    basename(read(`/proc/${pid}/cmdline`).split('\0').at(-2) ?? '') === `kernel-${id}.json`
  );
}

/** Empty when it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
