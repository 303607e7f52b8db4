/** Jupyter, and what brings it. */
import { activeEnvironment } from '../../jupyter/environment.js';
import { findOnPath } from '../../jupyter/probe.js';
import { asItIs, type ResolvedEnvironment } from '../../jupyter/resolve.js';
import { chooseServer } from '../../jupyter/server-choice.js';
import { run } from '../../platform/process.js';
import { stateDirectory } from '../../session/store.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { notebookDirectory } from '../directory.js';
import { homeDirectory } from '../home.js';
import { makeSoftware } from '../make-software.js';
import type { LaunchOptions } from '../options.js';
import { title } from '../../words/jupyter.js';
import { CONDA, CONTAINERS, INSTALL_JUPYTER, MODULES } from '../../words/doctor.js';
import type { Surroundings } from './examine.js';
import { bad, doubtful, good, type Finding } from './finding.js';

/** The Jupyter that a launch would start. */
export async function lookForJupyter({ context, options, system }: Surroundings): Promise<Finding[]> {
  const { env, signal } = context;
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const quiet = { ...context, progress: { ...context.progress, warn } };
  const environment = system ? await made(quiet, options, system) : asItIs(env);
  const result = await environment.probe(signal);
  const doubts = warnings.map((text) => doubtful('Jupyter', text));
  if ('notLooked' in result) return [doubtful('Jupyter', result.notLooked), ...doubts];
  if ('missing' in result) return [bad('Jupyter', 'no-jupyter', result.missing, INSTALL_JUPYTER), ...doubts];
  const { found } = result;
  const { server, note } = chooseServer(options.server, system?.values.server ?? 'notebook', found);
  const version = found.versions[server] ?? '';
  const where = environment.words ?? activeEnvironment(env);
  const text = [`${title(server)} ${version}`.trim(), where, found.path, note];
  return [good('Jupyter', text.filter(Boolean).join(', ')), ...doubts];
}

/** As the system wants it; nothing is built. */
async function made(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<ResolvedEnvironment> {
  const home = homeDirectory(context.env);
  // One that there is not is a finding of its own.
  const notebook = await notebookDirectory(options.directory, home, context.cwd).catch(() => home);
  const session = stateDirectory(context.env, home);
  return await makeSoftware(context, { ...options, dryRun: true }, system, { home, notebook, session });
}

export async function lookForConda({ context, system }: Surroundings): Promise<Finding[]> {
  const { env } = context;
  const names = ['conda', 'mamba', 'micromamba'];
  const onPath = await Promise.all(names.map((name) => findOnPath(name, env['PATH'])));
  const program = onPath.find((path) => path !== undefined) ?? env['CONDA_EXE'];
  const active = env['CONDA_PREFIX'] ? activeEnvironment({ ...env, VIRTUAL_ENV: undefined }) : undefined;
  if (system?.values.conda_required && active === undefined) {
    return [bad('conda', 'no-conda', ...CONDA.wanted(system.name))];
  }
  if (active !== undefined) return [good('conda', CONDA.active(active))];
  if (program !== undefined) return [good('conda', CONDA.there(program))];
  return [good('conda', CONDA.none)];
}

export function lookForModules({ context: { env } }: Surroundings): Promise<Finding[]> {
  const { LMOD_VERSION: lmod, MODULESHOME: home, LOADEDMODULES: names = '' } = env;
  const loaded = names.split(':').filter(Boolean);
  if (lmod) return Promise.resolve([good('Modules', MODULES.lmod(lmod, loaded))]);
  if (home) return Promise.resolve([good('Modules', MODULES.classic(home, loaded))]);
  return Promise.resolve([good('Modules', MODULES.none)]);
}

const VERSION_MS = 3000;

export async function lookForContainers({ context: { env, signal } }: Surroundings): Promise<Finding[]> {
  const program =
    (await findOnPath('apptainer', env['PATH'])) ?? (await findOnPath('singularity', env['PATH']));
  if (program === undefined) return [good('Containers', CONTAINERS.none)];
  const said = await run(program, ['--version'], { env, timeoutMs: VERSION_MS, signal });
  const version = /\d+\.\d\S*/.exec(said.stdout)?.[0];
  if (said.exitCode === 0) return [good('Containers', [program, version].filter(Boolean).join(' '))];
  return [doubtful('Containers', ...CONTAINERS.broken(program))];
}
