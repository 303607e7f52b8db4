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
import type { Surroundings } from './examine.js';
import { bad, doubtful, good, type Finding } from './finding.js';

const INSTALL = `Activate the environment that has it (conda activate NAME, module load NAME), or make one:
  python3 -m venv ~/jupyter
  ~/jupyter/bin/pip install jupyterlab notebook
  source ~/jupyter/bin/activate`;

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
  if ('missing' in result) return [bad('Jupyter', 'no-jupyter', result.missing, INSTALL), ...doubts];
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
    const text = `${system.name} wants an active conda environment, and none is.`;
    return [
      bad(
        'conda',
        'no-conda',
        text,
        'conda activate NAME; if "conda" is not found, run its "conda init" once.',
      ),
    ];
  }
  if (active !== undefined) return [good('conda', `${active} is active`)];
  if (program !== undefined) return [good('conda', `${program}, no environment is active`)];
  return [good('conda', 'none here; only --conda-env and --conda-yml need it')];
}

export function lookForModules({ context: { env } }: Surroundings): Promise<Finding[]> {
  const { LMOD_VERSION: lmod, MODULESHOME: home, LOADEDMODULES: names = '' } = env;
  const loaded = names.split(':').filter(Boolean);
  const list = loaded.length === 0 ? 'none is loaded' : `loaded: ${loaded.join(', ')}`;
  if (lmod) return Promise.resolve([good('Modules', `Lmod ${lmod}, ${list}`)]);
  if (home) return Promise.resolve([good('Modules', `Environment Modules in ${home}, ${list}`)]);
  return Promise.resolve([good('Modules', 'none here; only --modules needs them')]);
}

const VERSION_MS = 3000;

export async function lookForContainers({ context: { env, signal } }: Surroundings): Promise<Finding[]> {
  const program =
    (await findOnPath('apptainer', env['PATH'])) ?? (await findOnPath('singularity', env['PATH']));
  if (program === undefined)
    return [good('Containers', 'neither apptainer nor singularity; only --image needs one')];
  const said = await run(program, ['--version'], { env, timeoutMs: VERSION_MS, signal });
  const version = /\d+\.\d\S*/.exec(said.stdout)?.[0];
  if (said.exitCode === 0) return [good('Containers', [program, version].filter(Boolean).join(' '))];
  return [
    doubtful('Containers', `${program} does not work.`, 'Only --image needs it. Your support can mend it.'),
  ];
}
