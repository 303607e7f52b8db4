/** The template of a launch, and the server that is asked for, where a profile may say them as well. */
import type { Server } from '../../script/call.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import type { LaunchOptions } from '../options.js';
import { chooseTemplate, type ChosenTemplate } from '../templates/choose-template.js';
import { refuseOtherServer } from './locks.js';

/**
 * As {@link chooseTemplate}; where nobody asks for a server it is the one that the profile asks for.
 * @throws StartJupyterError 'locked-option' as well
 */
export async function chooseWithProfile(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
  schedulers: readonly string[],
): Promise<ChosenTemplate> {
  const chosen = await chooseTemplate(context, withProfileServer(options, system), system, schedulers);
  refuseOtherServer(options, system, chosen);
  const server = chosen.server ?? profileServer(system);
  return { ...chosen, ...(server === undefined ? {} : { server }) };
}

/** The interface that a profile asks for, when it was chosen by name or its site leaves no choice. */
function profileServer({ values, origins }: System): Server | undefined {
  return origins.server?.profile?.binding ? values.server : undefined;
}

/** A profile's server beats a template of the files; one that the person or the profile names may start its own. */
function withProfileServer(options: LaunchOptions, system: System): LaunchOptions {
  const server = options.server ?? profileServer(system);
  const template = options.batchScript ?? system.origins.template?.profile;
  return server === undefined || template !== undefined ? options : { ...options, server };
}
