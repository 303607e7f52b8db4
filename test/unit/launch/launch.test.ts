/** Whole launches: the program with a scheduler's commands on PATH and a proxy's control on TLS, both made here. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeHost, outcomeOf, type FakeHost } from '../cli/host.js';
import { tlsServer } from '../platform/tls-server.js';

const NAME = 'amber-brook-cedar';
const SECRET = 'a-secret-of-the-right-length-1234567890';
const RESERVE = 'POST /api/v1/sessions';
const LINK = `PUT /api/v1/sessions/${NAME}/job`;
const GIVE_BACK = `DELETE /api/v1/sessions/${NAME}`;

let home: string;
let bin: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-launch-')));
  bin = join(home, 'bin');
  mkdirSync(bin);
  tool('jupyter', 'echo "notebook : 7.6.0"');
  tool('sinfo', 'echo "debug|30:00|up"');
  tool('squeue', 'exit 0');
  tool('sbatch', 'echo 4242');
  tool('scancel', 'exit 0');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A command of Slurm that notes that it was called. */
function tool(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\necho "$*" >>'${home}/${name}.calls'\n${body}\n`, {
    mode: 0o755,
  });
}

const called = (name: string): string[] =>
  existsSync(join(home, `${name}.calls`))
    ? readFileSync(join(home, `${name}.calls`), 'utf8')
        .trim()
        .split('\n')
    : [];
const state = () => join(home, '.local', 'state', 'start-jupyter', 'sessions');
const sessions = (): string[] => (existsSync(state()) ? readdirSync(state()) : []);

interface Stage {
  host: FakeHost;
  lines: string[];
  launch: (...args: string[]) => ReturnType<typeof outcomeOf>;
}

type Answers = Record<string, { status?: number; after?: () => Promise<unknown> }>;

/** `hpc` is the system; its proxy answers well but for what `answers` says. */
async function stage(answers: Answers = {}): Promise<Stage> {
  const lines: string[] = [];
  const good: Record<string, number> = { [RESERVE]: 201, [LINK]: 200, [GIVE_BACK]: 204 };
  const { port, ca } = await tlsServer((request, response) => {
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    lines.push(line);
    const { status = good[line] ?? 404, after } = answers[line] ?? {};
    const reserved = {
      name: NAME,
      url: `https://${NAME}.test.localhost/`,
      redeemSecret: SECRET,
      expiresAt: 'x',
    };
    const body = status === 201 ? reserved : { code: 'internal', message: 'The store does not answer' };
    const answer = () => response.writeHead(status, { 'start-jupyter-api': '1' }).end(JSON.stringify(body));
    void (after?.() ?? Promise.resolve()).then(answer);
  });
  mkdirSync(join(home, '.config', 'start-jupyter'), { recursive: true });
  writeFileSync(join(home, '.config', 'start-jupyter', 'ca.pem'), ca);
  writeFileSync(
    join(home, '.config', 'start-jupyter', 'systems.yaml'),
    `systems:\n  hpc:\n    scheduler: slurm\n    endpoint: test.localhost:${port}\n    ca: ca.pem\n`,
  );
  const host = fakeHost({ cwd: home, env: { HOME: home, PATH: `${bin}:/usr/bin:/bin` } });
  const launch = (...args: string[]) => outcomeOf(['--system', 'hpc', ...args], host);
  return { host, lines, launch };
}

const URL_PATTERN = new RegExp(`https://${NAME}\\.test\\.localhost/tree\\?token=[\\w-]{43}\\n`);
const onPosix = describe.skipIf(process.platform === 'win32');

onPosix('a launch', () => {
  it('ends with the URL on stdout, everything else on stderr, and the session in its place', async () => {
    const { lines, launch } = await stage();
    const { status, stdout, stderr } = await launch('-p', 'debug', '30');
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('Job: 4242 in partition debug, for 30 minutes'),
    ]);
    expect(stdout).toMatch(new RegExp(`^Your notebook is here:\\n${URL_PATTERN.source}$`));
    expect(lines).toEqual([RESERVE, LINK]);
    expect(called('scancel')).toEqual([]);
    const [id = ''] = sessions();
    expect(sessions()).toEqual([id]);
    const record = JSON.parse(readFileSync(join(state(), id, 'session.json'), 'utf8')) as object;
    expect(record).toMatchObject({ id, jobId: '4242', name: NAME, walltimeMinutes: 30 });
    const token = /token=(.*)\n/.exec(stdout)?.[1] ?? '';
    expect(readFileSync(join(state(), id, 'token'), 'utf8')).toBe(token);
    expect(stderr + JSON.stringify(record)).not.toContain(token);
    expect(stderr + JSON.stringify(record)).not.toContain(SECRET);
  });

  it('is the URL alone with --quiet, and an object with --json', async () => {
    const quiet = await (await stage()).launch('-q');
    expect(quiet).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(URL_PATTERN) as string,
    });
    expect(quiet.stdout.split('\n')).toHaveLength(2);
    const { stdout, stderr } = await (await stage()).launch('--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      jobId: '4242',
      name: NAME,
      system: 'hpc',
      server: 'notebook',
    });
  });

  it('goes on with a warning when the proxy is not told the job', async () => {
    const { status, stderr } = await (await stage({ [LINK]: { status: 503 } })).launch();
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^Warning: The job is submitted, but .*: The proxy .* refused: The store does not answer\.$/m,
    );
    expect(called('scancel')).toEqual([]);
  });

  it('without a limit of its own still tells the job when it ends', async () => {
    writeFileSync(
      join(home, 'endless.sh'),
      '#!/bin/bash\n#SBATCH --time=UNLIMITED\nsession_dir={{session_dir}}\nserver={{server}}\nsource "$session_dir/run.sh"\n',
    );
    expect((await (await stage()).launch('--no-check', '-b', './endless.sh')).status).toBe(0);
    const directory = join(state(), sessions()[0] ?? '');
    expect(readFileSync(join(directory, 'settings'), 'utf8')).toContain(`sj_walltime_seconds='31536000'\n`);
    expect(JSON.parse(readFileSync(join(directory, 'session.json'), 'utf8'))).not.toHaveProperty(
      'walltimeMinutes',
    );
  });
});

onPosix('a launch that fails', () => {
  it('before the reservation takes nothing and leaves nothing', async () => {
    const { lines, launch } = await stage();
    expect((await launch('-p', 'debgu')).status).toBe(2);
    expect([lines, sessions(), called('sbatch')]).toEqual([[], [], []]);
  });

  it('at the reservation leaves nothing', async () => {
    const { lines, launch } = await stage({ [RESERVE]: { status: 429 } });
    const { status, stderr } = await launch();
    expect([status, stderr]).toEqual([5, expect.stringContaining('refused: The store does not answer.')]);
    expect([lines, sessions(), called('sbatch')]).toEqual([[RESERVE], [], []]);
  });

  it('at the submission gives the name back, and shows what the scheduler said', async () => {
    tool('sbatch', 'echo "sbatch: error: Invalid account" >&2; exit 1');
    const { lines, launch } = await stage();
    const { status, stdout, stderr } = await launch();
    expect([status, stdout]).toEqual([6, '']);
    expect(stderr).toContain('  | sbatch: error: Invalid account\n');
    expect([lines, sessions()]).toEqual([[RESERVE, GIVE_BACK], []]);
  });

  it('and cannot give all back says so, and still gives back the rest', async () => {
    tool('sbatch', 'exit 1');
    const { launch } = await stage({ [GIVE_BACK]: { status: 500 } });
    const { status, stderr } = await launch();
    expect(status).toBe(6);
    expect(stderr).toMatch(
      new RegExp(
        `^Warning: Could not give the name ${NAME} back: The proxy .* The store does not answer\\.$`,
        'm',
      ),
    );
    expect(sessions()).toEqual([]);
  });
});

onPosix('Ctrl-C', () => {
  /** Interrupts when asked, and lets the answer follow a moment later. */
  const during = (line: string) => {
    const at: { host?: FakeHost } = {};
    const after = (): Promise<unknown> => {
      at.host?.interrupt();
      return new Promise((resolve) => setTimeout(resolve, 100));
    };
    return { at, answers: { [line]: { after } } };
  };

  it.each([
    ['during the reservation', RESERVE, [RESERVE, GIVE_BACK], 0, 0],
    ['while the job is registered', LINK, [RESERVE, LINK, GIVE_BACK], 1, 1],
  ])('%s gives everything back', async (_when, line, expected, submitted, cancelled) => {
    const { at, answers } = during(line);
    const { host, lines, launch } = await stage(answers);
    at.host = host;
    const { status, stdout, stderr } = await launch();
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(/start-jupyter: Interrupted\.\n$/);
    expect(stderr).not.toContain('Warning');
    expect([lines, sessions()]).toEqual([expected, []]);
    expect([called('sbatch').length, called('scancel').length]).toEqual([submitted, cancelled]);
  });

  it('during the submission cancels the job and gives the name back', async () => {
    tool('sbatch', 'sleep 1; echo 4242');
    const { host, lines, launch } = await stage();
    const done = launch();
    await expect.poll(() => called('sbatch').length).toBe(1);
    host.interrupt();
    host.interrupt();
    const { status, stdout, stderr } = await done;
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr).toContain('Still cleaning up');
    expect(called('scancel').join()).toContain('4242');
    expect([lines, sessions()]).toEqual([[RESERVE, GIVE_BACK], []]);
  });
});

onPosix('a launch on this very machine through a proxy elsewhere', () => {
  const here = (...more: string[]) => ['--system', 'local', '-s', 'notebook', ...more];
  const endpoint = (): string[] => {
    const site = readFileSync(join(home, '.config', 'start-jupyter', 'systems.yaml'), 'utf8');
    return [
      '--endpoint',
      /endpoint: (\S+)/.exec(site)?.[1] ?? '',
      '--ca',
      join(home, '.config', 'start-jupyter', 'ca.pem'),
    ];
  };

  it('that breaks down shows why, and gives everything back', async () => {
    // What is asked for its versions first is what is started then.
    tool(
      'jupyter',
      'case "$*" in *config*) echo "the disk is full"; exit 5 ;; esac; echo "notebook : 7.6.0"',
    );
    const { host, lines } = await stage();
    const { status, stdout, stderr } = await outcomeOf(here(...endpoint()), host);
    expect([status, stdout]).toEqual([7, '']);
    expect(stderr).toContain('start-jupyter: Jupyter could not be started.');
    expect(stderr).toContain('  | the disk is full');
    expect(called('jupyter').at(-1)).toContain('--NotebookApp.ip=0.0.0.0');
    expect([lines.slice(0, 1), lines.slice(-1)]).toEqual([[RESERVE], [GIVE_BACK]]);
    expect(sessions()).toEqual([]);
  });

  it('that breaks down once it was opened says so, and gives everything back', async () => {
    // What the job reports back, and then its end.
    const script = 'echo "{}" >"${1%/*}/ready.json"; sleep 2; echo "the disk is full"; exit 5';
    tool(
      'jupyter',
      `for word; do case $word in --config=*) set -- "\${word#--config=}"; ${script} ;; esac; done; echo "notebook : 7.6.0"`,
    );
    const { host, lines } = await stage();
    const { status, stdout, stderr } = await outcomeOf(here(...endpoint()), host);
    expect(stdout).toMatch(URL_PATTERN);
    expect(status).toBe(7);
    expect(stderr).toContain('start-jupyter: Jupyter broke down.');
    expect(stderr).toContain('  | the disk is full');
    expect(lines.at(-1)).toBe(GIVE_BACK);
    expect(sessions()).toEqual([]);
  });

  it('stops Jupyter at Ctrl-C, also while it starts', async () => {
    tool(
      'jupyter',
      'case "$*" in *config*) echo $$ >"$HOME/jupyter.pid"; exec sleep 60 ;; esac; echo "notebook : 7.6.0"',
    );
    const { host, lines } = await stage();
    const done = outcomeOf(here(...endpoint()), host);
    const noted = () =>
      existsSync(join(home, 'jupyter.pid')) ? readFileSync(join(home, 'jupyter.pid'), 'utf8') : '';
    await expect.poll(noted, { timeout: 10_000 }).toMatch(/\n$/);
    const pid = Number(noted());
    host.interrupt();
    const { status, stdout } = await done;
    expect([status, stdout]).toEqual([130, '']);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(lines.at(-1)).toBe(GIVE_BACK);
    expect(sessions()).toEqual([]);
  });
});
