import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeHost, outcomeOf, type Outcome } from './host.js';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sj-list-profiles-'));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const PROFILES = `
    profiles:
      late: {users: [teacher]}
      astro:
        description: "The class \\e[31mof 2026"
        modules: [astro, gcc/12]
        partition: slims
        time: 90
        locked: [partition, time]
        groups: [astro2026, chem]
        users: [teacher]
      usual: {time: 1d}
    profile: usual
`;

function list(args: string[], facts: Record<string, string> = {}): Promise<Outcome> {
  return start(['profiles', ...args], facts);
}

function start(
  args: string[],
  { profiles = PROFILES, id = '', ...env }: Record<string, string>,
): Promise<Outcome> {
  const site = join(home, 'site.yaml');
  writeFileSync(site, `systems:\n  hpc:\n    scheduler: slurm${profiles}`);
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  if (id !== '') writeFileSync(join(bin, 'id'), `#!/bin/sh\necho '${id}'\n`, { mode: 0o755 });
  const variables = { HOME: home, PATH: bin, START_JUPYTER_CONFIG: site, ...env };
  return outcomeOf(args, fakeHost({ env: variables }));
}

const ANN = 'uid=1000(ann) gid=1000(ann) groups=1000(ann),2001(chem)';

describe.skipIf(process.platform === 'win32')('start-jupyter profiles', () => {
  it('lists those that are offered to this person, with what is open and what is not', async () => {
    const { status, stdout, stderr } = await list(['--system', 'hpc'], { id: ANN });
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'astro: The class \\x1b[31mof 2026',
      '  sets:  modules astro, gcc/12',
      '  fixed: partition slims; time 1 hour 30 minutes or less',
      '  for:   the groups astro2026, chem and the user teacher',
      '',
      'usual (used when you name none)',
      '  sets:  time 1 day',
      '',
    ]);
    expect(stderr).toBe('System: hpc (given by --system)\n\n\nChoose one with --profile NAME.\n');
  });

  it('gives them to programs as one object', async () => {
    const { stdout, stderr } = await list(['--json'], { id: ANN, START_JUPYTER_SYSTEM: 'hpc' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      system: 'hpc',
      profiles: [
        {
          name: 'astro',
          description: 'The class \x1b[31mof 2026',
          default: false,
          values: { partition: 'slims', time: 90, modules: ['astro', 'gcc/12'] },
          locked: ['partition', 'time'],
          groups: ['astro2026', 'chem'],
          users: ['teacher'],
        },
        {
          name: 'usual',
          description: null,
          default: true,
          values: { time: 1440 },
          locked: [],
          groups: [],
          users: [],
        },
      ],
    });
  });

  it('shows all, with a warning, when nobody can tell who this is', async () => {
    const { status, stdout, stderr } = await list([], { START_JUPYTER_SYSTEM: 'hpc' });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Warning: It cannot be told which profiles are offered to you/);
    expect(stderr).toContain('System: hpc (given by START_JUPYTER_SYSTEM)');
    expect(stdout.match(/^\w+/gm)).toEqual(['astro', 'late', 'usual']);
    const { stdout: json } = await list(['--json', '--system=hpc']);
    const { warnings } = JSON.parse(json) as { warnings: string[] };
    expect(warnings.join()).toContain('"id" gives no answer');
  });

  it('says so when there are none', async () => {
    const none = await list(['--system', 'hpc'], { profiles: '\n' });
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toContain('hpc has no profiles.\n');
    const notMine = await list(['--system', 'hpc'], {
      profiles: '\n    profiles: {a: {users: [bob]}}\n',
      id: ANN,
    });
    expect(notMine.stderr).toContain('hpc has no profiles for you.\n');
    const { stdout } = await list(['--system', 'hpc', '--json'], { profiles: '\n' });
    expect(JSON.parse(stdout)).toEqual({ version: 1, system: 'hpc', profiles: [] });
  });

  it('names mistakes in the files as a launch does', async () => {
    const { status, stderr } = await list(['--system', 'hpc'], {
      profiles: '\n    profiles: {a: {tiem: 3}}\n',
    });
    expect(status).toBe(3);
    expect(stderr).toContain(
      'line 4: systems.hpc.profiles.a.tiem: there is no such key (did you mean "time"?)',
    );
    const unknown = await list(['--system', 'hcp']);
    expect(unknown.status).toBe(3);
  });
});

describe.skipIf(process.platform === 'win32')('the server of a profile and a template', () => {
  /** A dry run where the files name `site.sh`, in which the session is started as `call` says. */
  async function started(profile: string, call: string, ...args: string[]): Promise<string> {
    for (const [name, line] of Object.entries({
      site: call,
      own: 'start_session notebook',
      any: 'start_session',
    })) {
      writeFileSync(join(home, `${name}.sh`), `#!/bin/bash\n# ${name}\n${line}\n`);
    }
    const profiles = `\n    template: ${join(home, 'site.sh')}\n    profiles: {p: ${profile}}\n`;
    const typed = ['--system', 'hpc', '--profile', 'p', '--dry-run', '--no-check', ...args];
    const { status, stdout, stderr } = await start(typed, { profiles });
    if (status !== 0) return stderr.split('\n').find((line) => line.startsWith('start-jupyter:')) ?? '';
    const [, name = 'shipped'] = /^# (site|own|any)$/m.exec(stdout) ?? [];
    return `${name} ${/\b(?:notebook|jupyterlab)\b(?=['"]?$)/m.exec(stdout)?.[0] ?? ''}`;
  }
  const own = () => join(home, 'own.sh');

  it('the profile’s beats a template of the files that starts another', async () => {
    expect(await started('{server: jupyterlab}', 'start_session notebook')).toBe('shipped jupyterlab');
    expect(await started('{server: jupyterlab}', 'start_session')).toBe('site jupyterlab');
    expect(await started('{cpus: 1}', 'start_session notebook')).toBe('site notebook');
  });

  it('a person’s own template beats it, unless it is locked', async () => {
    expect(await started('{server: jupyterlab}', 'start_session', '-b', own())).toBe('own notebook');
    const locked = '{server: jupyterlab, locked: [server]}';
    expect(await started(locked, 'start_session', '-b', join(home, 'any.sh'))).toBe('any jupyterlab');
    expect(await started(locked, 'start_session', '-b', own())).toBe(
      'start-jupyter: --batch-script starts notebook itself: the profile p fixes the server to jupyterlab.',
    );
  });

  it('a locked template stays, whatever server is asked for', async () => {
    const any = `{template: ${join(home, 'any.sh')}, locked: [template]}`;
    expect(await started(any, 'start_session', '-s', 'lab')).toBe('any jupyterlab');
    const fixed = `{template: ${own()}, locked: [template]}`;
    expect(await started(fixed, 'start_session', '-s', 'lab')).toBe(
      `start-jupyter: --server cannot be jupyterlab: the template ${own()}, which the profile p fixes, starts its own.`,
    );
    expect(await started(fixed, 'start_session', '-s', 'notebook')).toBe('own notebook');
  });
});
