/** From options and system to the software that Jupyter runs in. Pure. */
import type { StartJupyterError } from '../errors.js';
import { checkedBind } from '../jupyter/container-binds.js';
import type { EnvironmentPlan, ImagePlan } from '../jupyter/environment-plan.js';
import type { System } from '../site/system.js';
import { imageAndConda, onlyWithImage, onlyWithModules, twoEnvironments } from '../words/launch.js';
import { typedPath } from './home.js';
import type { LaunchOptions } from './options.js';

/**
 * What a person names beats what the system says of the same kind. conda and an image exclude each other: to name one of
 * them leaves the system's other out. Modules would not be seen in the system's image, either.
 * @throws StartJupyterError 'bad-option' for options that make no sense together
 */
export function planEnvironment(
  options: LaunchOptions,
  { values }: Pick<System, 'values'>,
  cwd: string,
  home: string,
): EnvironmentPlan {
  const inFull = (typed: string): string => typedPath(typed, home, cwd);
  refuseTogether(options);
  const conda = condaOf(options, inFull);
  const image = options.image;
  const usual = conda === undefined && image === undefined;
  const systemImage = usual && options.modules === undefined ? values.image : undefined;
  const imagePlan = imageOf(options, values, cwd, fullImage(image ?? systemImage, inFull));
  const systemConda = usual && systemImage === undefined ? condaOfSystem(values) : undefined;
  if (imagePlan === undefined) refuseWithoutImage(options);
  const chosen = conda ?? systemConda;
  // The system's own would only stand beside the image.
  const modules = options.modules ?? (imagePlan === undefined ? values.modules : undefined) ?? [];
  if (modules.length + (imagePlan?.modules.length ?? 0) === 0) refuseWithoutModules(options);
  return {
    modules,
    modulepath: options.modulepath?.map(inFull) ?? values.modulepath ?? [],
    moduleStart: values.module_start,
    ...(chosen === undefined ? {} : { conda: chosen }),
    ...(values.conda_init === undefined ? {} : { condaInit: values.conda_init }),
    ...(imagePlan === undefined ? {} : { image: imagePlan }),
  };
}

type InFull = (typed: string) => string;

function condaOf({ condaEnv, condaYml }: LaunchOptions, inFull: InFull): EnvironmentPlan['conda'] {
  if (condaYml !== undefined) return { kind: 'yml', file: inFull(condaYml) };
  if (condaEnv === undefined) return undefined;
  // A name has no slash in it; anything else is a path.
  return { kind: 'env', nameOrPath: condaEnv.includes('/') ? inFull(condaEnv) : condaEnv };
}

function condaOfSystem({ conda_env: env, conda_yml: yml }: System['values']): EnvironmentPlan['conda'] {
  if (yml !== undefined) return { kind: 'yml', file: yml };
  return env === undefined ? undefined : { kind: 'env', nameOrPath: env };
}

/** A path in full, or where a registry has it. */
function fullImage(image: string | undefined, inFull: InFull): string | undefined {
  return image === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(image) ? image : inFull(image);
}

function imageOf(
  options: LaunchOptions,
  values: System['values'],
  cwd: string,
  image: string | undefined,
): ImagePlan | undefined {
  if (image === undefined) return undefined;
  const gpu = options.imageGpu ?? values.image_gpu;
  return {
    image,
    binds: [
      ...(values.binds ?? []).map((bind) => checkedBind('binds', bind, cwd)),
      ...(options.binds ?? []).map((bind) => checkedBind(options.from('binds'), bind, cwd)),
    ],
    ...(gpu === undefined ? {} : { gpu }),
    modules: values.image_modules ?? [],
  };
}

function refuseTogether(options: LaunchOptions): void {
  const { condaEnv, condaYml, image } = options;
  if (condaEnv !== undefined && condaYml !== undefined) {
    throw twoEnvironments(options.from('conda_env'), options.from('conda_yml'));
  }
  if (image !== undefined && (condaEnv ?? condaYml) !== undefined) {
    const conda = options.from(condaEnv === undefined ? 'conda_yml' : 'conda_env');
    throw imageAndConda(options.from('image'), conda);
  }
}

function refuseWithoutImage(options: LaunchOptions): void {
  const { binds, imageGpu } = options;
  const given = [...(binds ? [options.from('binds')] : []), ...(imageGpu ? [options.from('image_gpu')] : [])];
  refuseAlone(given, onlyWithImage);
}

function refuseWithoutModules(options: LaunchOptions): void {
  const given = options.modulepath ? [options.from('modulepath')] : [];
  refuseAlone(given, onlyWithModules);
}

/** A variable may be there for other launches: it has no effect then. */
function refuseAlone(given: readonly string[], refusal: (option: string) => StartJupyterError): void {
  const option = given.find((from) => from.startsWith('--'));
  if (option !== undefined) throw refusal(option);
}
