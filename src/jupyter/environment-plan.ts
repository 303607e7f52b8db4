/** Which software Jupyter shall run in: modules, conda, a container image, or what is active already. */

/** Paths are absolute. Nothing said at all: the environment that is active here. */
export interface EnvironmentPlan {
  /** To be loaded, in this order; none: those that are loaded here. */
  modules: readonly string[];
  /** Put in front of MODULEPATH. */
  modulepath: readonly string[];
  /** What happens to the loaded modules before `modules` are loaded. */
  moduleStart: 'keep' | 'purge' | 'reset';
  conda?: { kind: 'env'; nameOrPath: string } | { kind: 'yml'; file: string };
  /** A script of the site that makes conda known to a shell. */
  condaInit?: string;
  image?: ImagePlan;
}

export interface ImagePlan {
  /** An absolute path, or `docker://…`, `library://…`, `oras://…`. */
  image: string;
  /** As apptainer's --bind takes them. */
  binds: readonly string[];
  gpu?: 'nv' | 'rocm';
  /** Modules that bring apptainer or singularity. */
  modules: readonly string[];
}

/** Whether anything else is asked for than what is active already. */
export function changesEnvironment({ modules, conda, image }: EnvironmentPlan): boolean {
  return modules.length > 0 || conda !== undefined || image !== undefined;
}
