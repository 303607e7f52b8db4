/** What a person may have chosen by its name: the notebook's directory, the template. */
import { notebookDirectory } from '../directory.js';
import { homeDirectory } from '../home.js';
import { chooseWithProfile } from '../profiles/choose-with-profile.js';
import type { Surroundings } from './examine.js';
import { good, type Finding } from './finding.js';

export async function lookForDirectory({ context, options }: Surroundings): Promise<Finding[]> {
  if (options.directory === undefined) return [];
  const home = homeDirectory(context.env);
  return [good('Directory', await notebookDirectory(options.directory, home, context.cwd))];
}

/** Where a name is looked for depends on the scheduler. */
export async function lookForTemplate({ context, options, system, kind }: Surroundings): Promise<Finding[]> {
  if (system === undefined || kind === undefined) return [];
  const schedulers = options.here ? ['local', kind] : [kind];
  const { template } = await chooseWithProfile(context, options, system, schedulers);
  return template === undefined ? [] : [good('Template', template.path)];
}
