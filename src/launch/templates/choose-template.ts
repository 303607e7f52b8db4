/** The template that somebody chose for a launch. */
import { dirname } from 'node:path';
import type { Server } from '../../script/call.js';
import { templateServer } from '../../script/check.js';
import { readTemplate, type Template } from '../../script/templates.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { findTemplate, type TemplateSearch } from './find-template.js';
import { homeDirectory } from '../home.js';
import type { LaunchOptions } from '../options.js';
import { templateHasServer } from '../../words/templates.js';
import { foldersUpTo, templateFolders } from './template-folders.js';

type Surroundings = Pick<LaunchContext, 'env' | 'platform' | 'cwd' | 'packageFolder'>;

export interface ChosenTemplate {
  /** Absent: the shipped one of the server that will be started. */
  template?: Template;
  /** By -s or by the template. */
  server?: Server;
}

/**
 * The person's, else the system's; and the server that is asked for. A template that starts one server itself, and another
 * one that is asked for, do not go together: of option and variable the variable gives way, and so does the system's template.
 * @param schedulers kinds whose folders a name is looked for in
 * @throws StartJupyterError 'unknown-template', 'bad-template', 'bad-option'
 */
export async function chooseTemplate(
  context: Surroundings,
  options: Pick<LaunchOptions, 'batchScript' | 'server' | 'from'>,
  system: Pick<System, 'values' | 'origins'>,
  schedulers: readonly string[],
): Promise<ChosenTemplate> {
  const { server: asked } = options;
  const search = templateSearch(context, options, system);
  if (search === undefined) return serverAlone(asked);
  const found = await findTemplate({ ...search, schedulers });
  const template = await readTemplate(found.path);
  const own = templateServer(template.text);
  if (own === undefined) return { template, ...serverAlone(asked) };
  if (asked === undefined) return { template, server: own };
  if (options.batchScript === undefined) {
    return asked === own ? { template, server: own } : { server: asked };
  }
  const typed = (key: 'server' | 'template'): boolean => options.from(key).startsWith('--');
  if (typed('template') && !typed('server')) return { template, server: own };
  if (typed('server') && !typed('template')) return { server: asked };
  const from = { server: options.from('server'), template: options.from('template') };
  throw templateHasServer(from, template.path, own);
}

function serverAlone(server: Server | undefined): Pick<ChosenTemplate, 'server'> {
  return server === undefined ? {} : { server };
}

function templateSearch(
  context: Surroundings,
  { batchScript }: Pick<LaunchOptions, 'batchScript'>,
  { values, origins }: Pick<System, 'values' | 'origins'>,
): Omit<TemplateSearch, 'schedulers'> | undefined {
  const folders = templateFolders(context);
  if (batchScript !== undefined) {
    return { name: batchScript, folders, base: context.cwd, home: homeDirectory(context.env) };
  }
  if (values.template === undefined) return undefined;
  // What lies in a person's current directory, which may be everybody's, is not looked at.
  const { layer, file } = origins.template ?? { layer: 'shipped', file: context.packageFolder };
  return { name: values.template, folders: foldersUpTo(layer, folders), base: dirname(file) };
}
