import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { StartJupyterError } from '../../../src/errors.js';
import { checkedModule, loadModules } from '../../../src/jupyter/modules.js';
import { asItIs, type ResolveContext, type ResolvedEnvironment } from '../../../src/jupyter/resolve.js';
import { anyText } from '../script/any-text.js';
import { moduleSystems, writeModule } from './module-systems.js';

const LANG = 'C.UTF-8';
const PATH = '/usr/bin:/bin';
const packageFolder = join(import.meta.dirname, '../../..');

function context(signal = new AbortController().signal): ResolveContext {
  const said = (): void => undefined;
  const directories = { home: '/nowhere', notebook: '/nowhere', session: '/nowhere' };
  const known = { packageFolder, directories, condaFolder: '/nowhere', check: true, dryRun: false };
  return { env: {}, ...known, signal, doing: said, warn: said };
}

interface Asked {
  modules: string[];
  modulepath?: string[];
  start?: 'keep' | 'purge' | 'reset';
  env?: NodeJS.ProcessEnv;
  before?: Partial<ResolvedEnvironment>;
}

describe('the name of a module', () => {
  it.each(['gcc', 'gcc/12.2', 'cuda@12', 'a_b/C-1+x', 'py/3.11:x=1', '7zip'])('%s is one', (name) => {
    expect(checkedModule('--modules', name)).toBe(name);
  });

  it.each(['', '-f', '--force', '/etc/passwd', 'a b', 'a;b', '$(id)', 'a\nb', 'a*', 'ä', 'x'.repeat(201)])(
    '%j is none',
    (name) => {
      expect(() => checkedModule('--modules', name)).toThrow(/^--modules cannot have a module/);
    },
  );
});

for (const { system, there, own } of moduleSystems)
  describe.skipIf(!there)(`modules of ${system}`, () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sj-modules-'));
      await writeModule(
        folder,
        'astro/1.0',
        'prepend-path PATH /opt/astro/bin',
        'setenv ASTRO "a  \\"b\\" \'c\'"',
      );
      await writeModule(folder, 'astro/1.2', 'setenv ASTRO newer');
      await writeModule(folder, 'chatty', 'puts stderr "welcome to chatty"', 'setenv CHATTY yes');
      await writeModule(folder, 'broken', 'setenv BROKEN yes', 'error "the licence server is away"');
      await writeModule(folder, 'enemy', 'conflict astro');
      if (system === 'Environment Modules')
        await writeModule(folder, '.modulerc', 'module-alias star astro/1.2');
    });

    afterAll(() => rm(folder, { recursive: true, force: true }));

    async function load({ modules, modulepath = [folder], start = 'keep', env = {}, before }: Asked) {
      const resolved = { ...asItIs({ PATH, LANG, HOME: folder, ...own, ...env }), ...before };
      return loadModules({ modules, modulepath, moduleStart: start }, resolved, context());
    }

    const refusal = (asked: Asked): Promise<StartJupyterError> =>
      load(asked).then(
        () => Promise.reject(new Error('it was loaded')),
        (error: unknown) => error as StartJupyterError,
      );

    it('set what they set, exactly, and are recorded by their full names', async () => {
      const { env, recorded, words } = await load({ modules: ['astro/1.0', 'chatty'] });
      expect(env).toMatchObject({
        PATH: `/opt/astro/bin:${PATH}`,
        ASTRO: 'a  "b" \'c\'',
        CHATTY: 'yes',
        LOADEDMODULES: 'astro/1.0:chatty',
      });
      expect(env['MODULEPATH']?.split(':')[0]).toBe(folder);
      expect(recorded).toEqual({ sj_modules: 'astro/1.0 chatty', sj_module_start: 'keep' });
      expect(words).toBe('modules astro/1.0, chatty');
    });

    it('take an alias, where the system has it', async () => {
      if (system === 'Lmod') {
        // It takes them from a site's own file.
        await expect(load({ modules: ['star'] })).rejects.toMatchObject({ code: 'no-modules' });
        return;
      }
      const { env, recorded } = await load({ modules: ['star'] });
      expect(env).toMatchObject({ ASTRO: 'newer', LOADEDMODULES: 'astro/1.2' });
      expect(recorded['sj_modules']).toBe('star');
    });

    it('take another word for a version, and are recorded by the full name', async () => {
      await writeModule(folder, 'astro/.modulerc', 'module-version astro/1.0 old');
      const { env, recorded } = await load({ modules: ['astro/old'] });
      expect(env['LOADEDMODULES']).toBe('astro/1.0');
      expect(recorded['sj_modules']).toBe('astro/1.0');
    });

    it('take a name without a version, and what is there already', async () => {
      const { env, recorded } = await load({ modules: ['astro'] });
      expect(env).toMatchObject({ ASTRO: 'newer', LOADEDMODULES: 'astro/1.2' });
      expect(recorded['sj_modules']).toBe('astro/1.2');
      const twice = await load({
        modules: ['chatty'],
        env,
        before: { recorded: { sj_modules: 'astro/1.2' } },
      });
      expect(twice.recorded['sj_modules']).toBe('astro/1.2 chatty');
      expect(twice.env['LOADEDMODULES']).toBe('astro/1.2:chatty');
      expect((await load({ modules: ['astro'], env })).env['LOADEDMODULES']).toBe('astro/1.2');
    });

    it.each(['purge', 'reset'] as const)('come after a %s of those that were loaded', async (start) => {
      const { env } = await load({ modules: ['chatty'] });
      const after = await load({ modules: ['astro'], start, env });
      expect(after.env).toMatchObject({ LOADEDMODULES: 'astro/1.2' });
      expect(after.env).not.toHaveProperty('CHATTY');
      expect(after.recorded['sj_module_start']).toBe(start);
    });

    it('keep the variables that bash cannot name, and take nothing of the script’s own', async () => {
      const odd = { 'BASH_FUNC_mine%%': '() {  echo mine\n}', 'a.b': 'c', sj_modules: 'fake', SHLVL: '7' };
      const { env, recorded } = await load({ modules: ['chatty'], env: odd });
      expect(env).toMatchObject({ 'BASH_FUNC_mine%%': '() {  echo mine\n}', 'a.b': 'c', SHLVL: '7' });
      expect(Object.keys(env).filter((name) => name.startsWith('sj_'))).toEqual([]);
      expect(recorded['sj_modules']).toBe('chatty');
    });

    it.each([
      { name: 'nothere', says: 'nothere' },
      { name: 'astro/9', says: 'astro/9' },
      { name: 'broken', says: /the licence server\s+is away|no\s+such/ },
    ])('$name is refused with the system’s own words', async ({ name, says }) => {
      const error = await refusal({ modules: ['chatty', name, 'astro'] });
      expect(error).toMatchObject({ code: 'no-modules', message: `The module ${name} could not be loaded.` });
      expect(error.detail).toMatch(says);
      expect(error.detail).not.toContain('welcome to chatty');
      expect(error.hint).toContain(`"module avail ${name.split('/')[0]!}"`);
    });

    it('a module that conflicts with another is refused', async () => {
      expect(await refusal({ modules: ['astro', 'enemy'] })).toMatchObject({
        code: 'no-modules',
        message: 'The module enemy could not be loaded.',
      });
    });

    it('a folder that is none is refused', async () => {
      const none = join(folder, 'none');
      expect(await refusal({ modules: ['astro'], modulepath: [none] })).toMatchObject({
        code: 'no-modules',
        message: `There is no folder ${JSON.stringify(none)} for modules.`,
      });
      expect(await refusal({ modules: ['astro'], modulepath: [`${folder}:b`] })).toMatchObject({
        code: 'bad-option',
      });
    });

    it('any folder arrives exactly or is refused, and nothing is executed', async () => {
      const canary = join(folder, 'canary');
      const code = [
        `$(touch ${canary})`,
        `\`touch ${canary}\``,
        `';touch ${canary};'`,
        `";touch ${canary};"`,
      ];
      // Of their own: for a name that it does not know, Lmod looks through all folders, and never comes out of one that
      // is called like a line break.
      const places = await mkdtemp(join(tmpdir(), 'sj-modules-'));
      onTestFinished(() => rm(places, { recursive: true, force: true }));
      for (const odd of ['a-1_+@%=~,', '$HOME', '{', '\n', ...code]) {
        const place = join(places, odd);
        await writeModule(place, 'odd', 'setenv ODD yes');
        // Lmod has a Tcl of its own, or hands the file to the machine's.
        for (const fast of ['yes', 'no']) {
          const asked = { modules: ['odd'], modulepath: [place], env: { LMOD_FAST_TCL_INTERP: fast } };
          if (odd.startsWith('a')) {
            const { env } = await load(asked);
            expect([env['ODD'], env['MODULEPATH']?.split(':')[0]]).toEqual(['yes', place]);
          } else expect(await refusal(asked)).toMatchObject({ code: 'bad-option' });
          expect(existsSync(canary)).toBe(false);
        }
      }
    });

    it('what a system names is checked as well', async () => {
      expect(await refusal({ modules: ['-f'] })).toMatchObject({ code: 'bad-option' });
    });

    it('ends with the person’s Ctrl-C', async () => {
      // Of its own: for a name that it does not know, Lmod runs every module file.
      const apart = await mkdtemp(join(tmpdir(), 'sj-modules-'));
      await writeModule(apart, 'slow', 'exec sleep 60');
      const stop = new AbortController();
      const loading = loadModules(
        { modules: ['slow'], modulepath: [apart], moduleStart: 'keep' },
        asItIs({ PATH, LANG, HOME: folder, ...own }),
        context(stop.signal),
      );
      setTimeout(() => stop.abort(), 500);
      await expect(loading).rejects.toMatchObject({ code: 'interrupted' });
      await rm(apart, { recursive: true });
    });

    it('any name is loaded as it is or refused, and nothing is executed', async () => {
      const canary = join(folder, 'canary');
      const names = fc.oneof(
        anyText,
        fc.constantFrom(
          `$(touch ${canary})`,
          `a;touch ${canary}`,
          `chatty touch ${canary}`,
          `\`touch ${canary}\``,
        ),
        fc.string({
          unit: fc.constantFrom('a', 'b', '/', '.', '..', '+', '@', ':', '=', '~', '_', '-', '1'),
          minLength: 1,
          maxLength: 12,
        }),
      );
      await fc.assert(
        fc.asyncProperty(names, async (name) => {
          const loaded = await load({ modules: [name] }).catch(
            (error: unknown) => (error as StartJupyterError).code,
          );
          expect(['bad-option', 'no-modules']).toContain(loaded);
          expect(existsSync(canary)).toBe(false);
        }),
        // A module system that hangs on a name is told with the name.
        { numRuns: 15, endOnFailure: true, timeout: 20_000 },
      );
    });
  });

describe('without a module system', () => {
  const lone = !existsSync('/usr/share/modules/init/bash');

  it.runIf(lone && process.platform === 'linux')('it is said that there is no module command', async () => {
    const loading = loadModules(
      { modules: ['astro', 'gcc'], modulepath: [], moduleStart: 'keep' },
      asItIs({ PATH }),
      context(),
    );
    await expect(loading).rejects.toMatchObject({
      code: 'no-modules',
      message: 'There is no module command here, so modules astro, gcc cannot be loaded.',
    });
  });

  it.runIf(process.platform === 'linux')(
    'a `module` that gives 0 for what it did not load does not deceive',
    async () => {
      // As Environment Modules 3.2 do it.
      const folder = await mkdtemp(join(tmpdir(), 'sj-modules-'));
      const old =
        'module() { [ "$1" != load ] || { echo "ModuleCmd_Load.c(213):ERROR:105: Unable to locate $2" >&2; }; [ "$1" != is-loaded ]; }';
      await writeFile(join(folder, 'bash'), old);
      const loading = loadModules(
        { modules: ['astro'], modulepath: [], moduleStart: 'keep' },
        asItIs({
          PATH,
          LMOD_CMD: `${folder}/x/lmod`,
          MODULESHOME: join(folder, 'none'),
          'BASH_FUNC_module%%': old.replace('module()', '()'),
        }),
        context(),
      );
      await expect(loading).rejects.toMatchObject({
        code: 'no-modules',
        detail: expect.stringContaining('ERROR:105') as string,
      });
      await rm(folder, { recursive: true });
    },
  );
});
