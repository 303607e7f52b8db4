/** Whatever is typed arrives exactly or is refused before anything is taken; nothing of it is ever executed. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { curl } from './bed/curl.js';
import { forgetSessions, jupyterPath, sessionDirectories, siteFile } from './bed/launches.js';
import { masterPrograms } from './bed/package-copy.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf, slurmEnvironment } from './bed/slurm.js';
import { runAs, user } from './bed/users.js';

/** What would be made by a shell that reads one of these texts as code, wherever that shell is. */
const CANARY = '/var/tmp/start-jupyter-strings-canary';

const TEXTS = {
  'blanks and quotes': `two  words "q" 'a' \\ end`,
  'what a shell would run': `$(touch ${CANARY}) \`touch ${CANARY}\`; touch ${CANARY} & #`,
  'a line break and a directive': `x\n#SBATCH --wrap=touch\ntouch ${CANARY}`,
  'letters of other scripts': 'žluťoučký 文字 🚀 \u202e',
  'an option': `--wrap=touch ${CANARY}`,
  '255 characters': 'x'.repeat(255),
} as const;

type Text = keyof typeof TEXTS;

type Refusal = readonly [exitCode: number, code: string];

interface Row {
  option: string;
  /** What the option needs beside it. */
  with?: readonly string[];
  refused: Refusal;
  /** These are refused for another reason. */
  otherwise?: Partial<Record<Text, Refusal>>;
  /** These are taken instead: the answer of a dry run must hold the text as this makes it. */
  exact?: Partial<Record<Text, (text: string) => string>>;
}

const directive = (name: string) => ({ '255 characters': (text: string) => `#SBATCH --${name}=${text}\n` });
const every = (made: (text: string) => string): Row['exact'] =>
  Object.fromEntries(Object.keys(TEXTS).map((name) => [name, made]));

const ROWS: Row[] = [
  { option: '--account', refused: [2, 'bad-option'], exact: directive('account') },
  { option: '--qos', refused: [2, 'bad-option'], exact: directive('qos') },
  { option: '--reservation', refused: [2, 'bad-option'], exact: directive('reservation') },
  { option: '--gres', refused: [2, 'bad-option'], exact: directive('gres') },
  { option: '--constraint', refused: [2, 'bad-option'], exact: directive('constraint') },
  {
    option: '--partition',
    refused: [2, 'bad-option'],
    otherwise: { '255 characters': [2, 'unknown-partition'] },
  },
  // What apptainer cannot be told; the image is looked for after the others.
  {
    option: '--bind',
    with: ['--image', '/none.sif'],
    refused: [4, 'no-image'],
    otherwise: {
      'blanks and quotes': [2, 'bad-option'],
      'a line break and a directive': [2, 'bad-option'],
    },
  },
  { option: '--modules', refused: [2, 'bad-option'] },
  { option: '--endpoint', refused: [2, 'bad-option'] },
  { option: '--ca', refused: [2, 'bad-option'] },
  { option: '--profile', refused: [2, 'unknown-profile'] },
  { option: '--batch-script', refused: [2, 'unknown-template'] },
  { option: '--system', refused: [3, 'unknown-system'] },
  { option: '--dir', refused: [4, 'bad-directory'] },
  { option: '--image', refused: [4, 'no-image'] },
  { option: '--conda-env', refused: [4, 'no-conda'] },
  { option: '--conda-yml', refused: [4, 'no-conda'] },
  {
    option: '--modulepath',
    with: ['--modules', 'any'],
    refused: [2, 'bad-option'],
    otherwise: { 'an option': [4, 'no-modules'], '255 characters': [4, 'no-modules'] },
  },
  { option: '--scheduler-arg', refused: [0, ''], exact: every((text) => text) },
];

describeOnBed('a text that is typed', () => {
  let proxy: Proxy;
  let folder: string;
  let site: string;
  const dave = () => user(theBed().users.dave);

  beforeAll(async () => {
    rmSync(CANARY, { force: true });
    proxy = await startProxy();
    site = siteFile(proxy);
    folder = mkdtempSync('/var/tmp/start-jupyter-strings-');
    chownSync(folder, dave().uid, dave().gid);
  });

  afterEach(async () => {
    await clearJobsOf(dave().name);
    forgetSessions(dave());
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(CANARY, { force: true });
    await proxy.stop();
  });

  /** With the package's master copy: nothing is started that outlives the command. */
  async function answer(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const known = { ...slurmEnvironment(), PATH: jupyterPath('notebook6'), START_JUPYTER_CONFIG: site };
    const command = [...masterPrograms().launcher, '--json', ...args];
    return runAs(dave(), command, { env: { ...known, ...env }, cwd: folder });
  }

  function expectNothingExecuted(): void {
    expect(existsSync(CANARY)).toBe(false);
    for (const place of [folder, dave().home, '/', '/tmp']) {
      expect(readdirSync(place).filter((name) => name.startsWith('canary'))).toEqual([]);
    }
  }

  async function expectOutcome(row: Row, name: Text): Promise<void> {
    const { option, with: others = [], exact } = row;
    const refused = row.otherwise?.[name] ?? row.refused;
    const text = TEXTS[name];
    const made = exact?.[name];
    const args = [...others, option, text, ...(made ? ['--dry-run', '--no-check'] : [])];
    const { stdout, stderr, exitCode } = await answer(args);
    if (made) {
      const { script = '', submitCommand = [] } = JSON.parse(stdout || '{}') as {
        script?: string;
        submitCommand?: string[];
      };
      const found =
        option === '--scheduler-arg' ? submitCommand.includes(made(text)) : script.includes(made(text));
      expect([name, exitCode, found], stderr).toEqual([name, 0, true]);
    } else {
      const { error } = JSON.parse(stderr || '{}') as { error?: { code: string } };
      expect([name, exitCode, error?.code, stdout], stderr).toEqual([name, ...refused, '']);
    }
  }

  test.each(ROWS)('with $option is refused, or is what the scheduler is told', async (row) => {
    const logged = proxy.log().length;
    await Promise.all((Object.keys(TEXTS) as Text[]).map((name) => expectOutcome(row, name)));
    expect(await jobsOf(dave().name)).toEqual([]);
    expect(sessionDirectories(dave())).toEqual([]);
    expect(proxy.log().slice(logged)).not.toContain('"event":"reserve"');
    expectNothingExecuted();
  });

  /** A folder or file of dave's. */
  function made(path: string, text?: string): string {
    if (text === undefined) mkdirSync(path, { recursive: true });
    else writeFileSync(path, text);
    chownSync(path, dave().uid, dave().gid);
    return path;
  }

  test('as a directory, a template, an authority or a place of modules and sessions reaches the job exactly', async () => {
    const odd = `a  "q" 'x' $(touch canary) \`touch canary\`; touch canary & # %j {{server}} ü文🚀`;
    const directory = join(folder, `${odd} \\\n#SBATCH --wrap=touch\ntouch canary`, `${'é'.repeat(127)}x`);
    made(directory);
    made(join(directory, 'marker'), 'here');
    const modules = made(join(folder, 'modules +@%= ü文'));
    made(join(modules, 'odd'), '#%Module1.0\nsetenv ODD loaded\n');
    const template = made(join(folder, `${odd} \n.sh`), '#!/bin/bash\n# Mine.\nstart_session notebook\n');
    const authority = made(join(folder, `${odd} \n.pem`), readFileSync(proxy.caFile, 'utf8'));
    const state = made(join(folder, `state ${odd}`));
    const args = ['-t', '10', '-d', directory, '-b', template, '--ca', authority, '--modulepath', modules];
    const { stdout, stderr, exitCode } = await answer([...args, '-e', 'odd'], {
      XDG_STATE_HOME: state,
      MODULESHOME: join(theBed().environmentModules, '../..'),
    });
    expect(exitCode, stderr).toBe(0);
    const session = JSON.parse(stdout) as { url: string; jobId: string; directory: string };
    expect(session.directory.startsWith(`${state}/start-jupyter/sessions/`)).toBe(true);
    const log = () => readFileSync(join(session.directory, 'job.log'), 'utf8');
    const ready = join(session.directory, 'ready.json');
    await until(
      () => existsSync(ready) || /^start-jupyter: (failed|stopped)/m.test(log()) || undefined,
      30_000,
    );
    expect(existsSync(ready), log()).toBe(true);
    expect(log()).toMatch(/^start-jupyter: ready after/m);

    const { pid } = JSON.parse(readFileSync(ready, 'utf8')) as { pid: number };
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(directory);
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    expect(variables).toContain('ODD=loaded');
    expect(variables.find((one) => one.startsWith('MODULEPATH='))?.split(':')[0]).toBe(
      `MODULEPATH=${modules}`,
    );
    const { origin, searchParams } = new URL(session.url);
    const header = `Authorization: token ${searchParams.get('token') ?? ''}`;
    const listed = curl(proxy.caFile, `${origin}/api/contents`, '-H', header);
    const { content } = JSON.parse(listed.body) as { content: { name: string }[] };
    expect(content.map(({ name }) => name)).toEqual(['marker']);
    expectNothingExecuted();
    const places = [directory, modules, state, session.directory];
    for (const place of places) expect(readdirSync(place)).not.toContain('canary');
  });
});
