/** Where templates are found by their names. */
import { dirname, join, resolve } from 'node:path';
import { configurationFiles, type ConfigurationFile } from '../../site/load.js';
import type { LaunchContext } from '../context.js';
import { homeDirectory } from '../home.js';

export type LayerName = ConfigurationFile['layer'];

export interface TemplateFolder {
  layer: LayerName;
  /** Absolute; it need not exist. */
  folder: string;
}

/**
 * Every folder of templates, the highest first: `templates/` beside each configuration file, and what we ship. A name that
 * is in several is the one in the highest.
 */
export function templateFolders({
  env,
  platform,
  cwd,
  packageFolder,
}: Pick<LaunchContext, 'env' | 'platform' | 'cwd' | 'packageFolder'>): TemplateFolder[] {
  const files = configurationFiles({ env, platform, homeDirectory: homeDirectory(env) });
  const beside = files.map(({ layer, file }) => ({
    layer,
    folder: join(dirname(resolve(cwd, file)), 'templates'),
  }));
  return [...beside.reverse(), { layer: 'shipped', folder: join(packageFolder, 'batch-templates') }];
}

const RANK: Record<LayerName, number> = { shipped: 0, site: 1, user: 2 };

/**
 * The folders that a configuration of this layer may name templates of: its own and those below it. What is in a person's
 * folder must not take the place of what a site means.
 */
export function foldersUpTo(layer: LayerName, folders: readonly TemplateFolder[]): TemplateFolder[] {
  return folders.filter((one) => RANK[one.layer] <= RANK[layer]);
}
