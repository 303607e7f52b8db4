import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtEnvironment, type NotBuilt } from '../../../src/jupyter/conda-kept.js';
import type { CondaEnvironment } from '../../../src/jupyter/conda-find.js';
import type { Holder } from '../../../src/jupyter/conda-lock.js';
import type { ResolveContext } from '../../../src/jupyter/resolve.js';
import { resolveContext, standIn, type StandIn } from './conda-stand-in.js';

const TEXT = 'name: astro\ndependencies:\n  - python\n  - jupyterlab\n';

describe.skipIf(process.platform === 'win32')('an environment that a file describes', () => {
  let home: string;
  let file: string;
  let kept: string;
  let tools: StandIn;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'sj-build-'));
    file = join(home, `my $(touch x) 'file'.yml`);
    kept = join(home, 'kept', 'conda');
    tools = standIn(join(home, 'bin'), ['conda', 'micromamba']);
    writeFileSync(file, TEXT);
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const env = () => ({ PATH: `${tools.folder}:/usr/bin:/bin`, HOME: home });
  const build = (context: ResolveContext = resolveContext(kept)) => builtEnvironment(file, env(), context);
  const built = async (context?: ResolveContext) => (await build(context)) as CondaEnvironment;

  it('is built once from a copy, and then used without asking anybody', async () => {
    const context = resolveContext(kept);
    const { prefix, name } = await built(context);
    expect(name).toBe(prefix);
    expect(readFileSync(join(prefix, 'conda-meta/history'), 'utf8')).toContain(TEXT);
    const [call, ...others] = tools.calls();
    expect(others).toEqual([]);
    expect(call).toEqual(['micromamba', 'create', '-y', '-p', prefix, '-f', call?.at(-1)]);
    expect(call?.at(-1)).toMatch(/\/kept\/conda\/[0-9a-f]{16}\.yml$/);
    expect(context.said[0]).toMatch(/^Building the conda environment of .* with micromamba, once/);
    rmSync(tools.folder, { recursive: true });
    expect(await built()).toEqual({ prefix, name });
    writeFileSync(file, `${TEXT}# another\n`);
    await expect(build()).rejects.toMatchObject({ code: 'no-conda' });
  });

  it.each([
    { there: ['conda'], used: 'conda' },
    { there: ['conda', 'micromamba', 'mamba'], used: 'mamba' },
  ])('is built with $used where there are $there', async ({ there, used }) => {
    rmSync(tools.folder, { recursive: true });
    tools = standIn(join(home, 'bin'), there);
    const { prefix } = await built();
    expect(tools.calls()[0]?.slice(0, 5)).toEqual([used, 'env', 'create', '-p', prefix]);
  });

  it('is built by one of two who want it at once, and the other says for whom it waits', async () => {
    tools.set({ seconds: 1.5 });
    const contexts = [resolveContext(kept), resolveContext(kept)];
    const [first, second] = await Promise.all(contexts.map((context) => built(context)));
    expect(first).toEqual(second);
    expect(tools.calls()).toHaveLength(1);
    const said = contexts.flatMap((context) => context.said);
    expect(said.find((text) => text.startsWith('Waiting'))).toMatch(
      new RegExp(
        `which another start-jupyter of yours is building on \\S+ since \\d\\d:\\d\\d \\(process ${process.pid}\\)$`,
      ),
    );
  });

  it('is not built in a dry run', async () => {
    expect(await build(resolveContext(kept, { dryRun: true }))).toMatchObject({ notBuilt: file });
    expect([tools.calls(), existsSync(kept)]).toEqual([[], false]);
  });

  it.each([
    {
      ending: 'fails',
      says: /ResolvePackageNotFound in .*my .*\n {2}- astro=99$/,
      hint: /start-jupyter --conda-env DIR/,
    },
    { ending: 'full', says: /No space left on device/, hint: /^The disk or your quota is full/ },
  ] as const)(
    'leaves nothing half built when it $ending, and can be built then',
    async ({ ending, says, hint }) => {
      tools.set({ ending });
      await expect(build()).rejects.toMatchObject({
        code: 'no-conda',
        message: `micromamba could not build ${file}: it ended with status 1.`,
        detail: expect.stringMatching(says) as string,
        hint: expect.stringMatching(hint) as string,
      });
      expect(readdirSync(kept)).toEqual([expect.stringMatching(/^[0-9a-f]{16}\.yml$/)]);
      tools.set({ ending: 'done' });
      expect(existsSync((await built()).prefix)).toBe(true);
    },
  );

  it('is not there because a tool says that all is well', async () => {
    tools.set({ ending: 'nothing' });
    await expect(build()).rejects.toMatchObject({
      code: 'no-conda',
      message: `micromamba could not build ${file}: it ended with status 0.`,
    });
    expect(readdirSync(kept)).toEqual([expect.stringMatching(/\.yml$/)]);
  });

  it('leaves nothing, and no process, after Ctrl-C', async () => {
    tools.set({ ending: 'hangs' });
    const stop = new AbortController();
    const building = build(resolveContext(kept, { signal: stop.signal }));
    building.catch(() => undefined);
    const pidFile = join(tools.folder, 'pid');
    await vi.waitFor(() => expect(readFileSync(pidFile, 'utf8')).not.toBe(''), 10_000);
    stop.abort();
    await expect(building).rejects.toMatchObject({ code: 'interrupted' });
    expect(readdirSync(kept)).toEqual([expect.stringMatching(/\.yml$/)]);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);
  });

  it('that somebody deleted is built again', async () => {
    const { prefix } = await built();
    rmSync(prefix, { recursive: true });
    const again = await built();
    expect(existsSync(again.prefix)).toBe(true);
    expect(again.prefix).not.toBe(prefix);
  });

  it('does not stay when it cannot be noted that it is there', async () => {
    const failed = await build(resolveContext(kept, { dryRun: true }));
    const mark = 'notBuilt' in failed ? `${failed.prefix}.json` : '';
    mkdirSync(mark, { recursive: true });
    await expect(build()).rejects.toMatchObject({
      code: 'bad-directory',
      message: `${JSON.stringify(kept)} cannot be written to (EISDIR).`,
    });
    expect(readdirSync(kept)).toEqual([basename(mark), basename(mark).replace('.json', '.yml')]);
  });

  it('removes what one that was killed left half made, and nothing elsewhere', async () => {
    const place = ((await build(resolveContext(kept, { dryRun: true }))) as NotBuilt).prefix;
    const others = join(home, 'others');
    const makings = [`${place}-0a1b2c`, `${place}-0a/../../../others`];
    for (const folder of [...makings, others]) mkdirSync(folder, { recursive: true });
    tools.set({ ending: 'hangs' });
    const stop = new AbortController();
    const building = build(resolveContext(kept, { signal: stop.signal }));
    building.catch(() => undefined);
    const lock = `${place}.lock.1`;
    await vi.waitFor(() => expect(existsSync(lock)).toBe(true), 10_000);
    const holder = JSON.parse(readFileSync(lock, 'utf8')) as Holder;
    stop.abort();
    await expect(building).rejects.toMatchObject({ code: 'interrupted' });
    tools.set({ ending: 'done' });
    const pid = spawnSync('/bin/true').pid;
    const left = makings.map((making) => JSON.stringify({ ...holder, pid, making }));
    for (const text of left) {
      writeFileSync(lock, text);
      rmSync((await built()).prefix, { recursive: true });
    }
    expect(makings.map((making) => existsSync(making))).toEqual([false, true]);
    expect(existsSync(others)).toBe(true);
  });

  it('cannot be built where nothing can be written', async () => {
    writeFileSync(join(home, 'kept'), '');
    await expect(build()).rejects.toMatchObject({ code: 'bad-directory' });
  });
});
