/** `start-jupyter templates [show | copy | check]` */
import { basename } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { EXIT_CODES } from '../../words/exit-codes.js';
import { title } from '../../words/jupyter.js';
import type { LaunchContext } from '../../launch/context.js';
import { copyDestination, writeCopy } from '../../launch/templates/copy-template.js';
import { findSystem } from '../../launch/find-system.js';
import { findTemplate, type FoundTemplate } from '../../launch/templates/find-template.js';
import { homeDirectory } from '../../launch/home.js';
import { listedTemplates, type ListedTemplate } from '../../launch/templates/listed-templates.js';
import { templateFolders } from '../../launch/templates/template-folders.js';
import { templateProblems } from '../../launch/templates/template-problems.js';
import { templateServer } from '../../script/check.js';
import { otherNames, templateBytes } from '../../script/templates.js';
import type { Detection } from '../../site/detect.js';
import { commandLine, shownControls, shownLines } from '../command-line.js';
import { createConsole, paint, type Console } from '../console.js';
import { createContext, namedSystem } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import { counted, problemLines, templateLines } from '../template-lines.js';
import { columnsOf } from '../wrapped.js';
import {
  afterCopying,
  copiedTo,
  howToUseTemplates,
  notTemplates,
  systemWithScheduler,
  templateIsRight,
  UNKNOWN_SYSTEM_TEMPLATES,
} from '../../words/templates.js';

export interface TemplatesFlags {
  system?: string;
  json?: boolean;
  quiet?: boolean;
}

interface Work {
  console: Console;
  context: LaunchContext;
  host: Host;
  flags: TemplatesFlags;
  /** Undefined on a machine that is not known. */
  detected: Detection | undefined;
}

/** Lists every template that a name may mean, those of this system's scheduler first. */
export function listTemplates(flags: TemplatesFlags, host: Host): Promise<void> {
  return work(flags, host, async ({ console, context, detected }) => {
    const folders = templateFolders(context);
    const templates = await listedTemplates(folders);
    const scheduler = detected?.system.values.scheduler;
    if (flags.json) {
      const system = { system: detected?.system.name ?? null, scheduler: scheduler ?? null };
      await console.result(jsonLine({ ...system, folders, templates: templates.map(listedObject) }, host));
      return;
    }
    if (detected)
      console.fact('System', systemWithScheduler(detected.system.name, detected.why, scheduler ?? ''));
    else console.say(UNKNOWN_SYSTEM_TEMPLATES);
    console.say('');
    const lines = templateLines(
      templates,
      scheduler,
      columnsOf(host.stdout),
      await paint(host.stdout, host.env),
    );
    await console.result(`${lines.join('\n')}\n`);
    const { folder } = ownFolder(context);
    const others = await otherNames(folder);
    if (others.length > 0) {
      console.warn(notTemplates(others.map(shownControls)));
    }
    console.say(howToUseTemplates(folder));
  });
}

/** Prints a template: as it is, but what could drive a terminal is shown there. */
export function showTemplate(name: string, flags: TemplatesFlags, host: Host): Promise<void> {
  return work(flags, host, async (all) => {
    const { path } = await find(name, all, false);
    const bytes = await templateBytes(path);
    const text = Buffer.from(bytes).toString('utf8');
    if (flags.json) {
      await all.console.result(jsonLine({ path, text }, host));
      return;
    }
    all.console.fact('Template', path);
    await all.console.result(host.stdout.isTTY ? shownLines(text) : bytes);
  });
}

/** Copies a template, to be changed; never over anything. */
export function copyTemplate(
  name: string,
  to: string | undefined,
  flags: TemplatesFlags,
  host: Host,
): Promise<void> {
  return work(flags, host, async (all) => {
    const { console, context, detected } = all;
    const found = await find(name, all, false);
    const bytes = await templateBytes(found.path);
    const own = ownFolder(context).folder;
    const scheduler = detected?.system.values.scheduler;
    const elsewhere = `${scheduler === undefined ? '' : `${scheduler}/`}${basename(found.path)}`;
    const places = {
      name: found.name ?? elsewhere,
      ownFolder: own,
      cwd: context.cwd,
      home: homeDirectory(context.env),
    };
    const path = await copyDestination(to, places);
    await writeCopy(bytes, path, own);
    if (flags.json) await console.result(jsonLine({ path }, host));
    else {
      await console.result(copiedTo(shownLines(path)));
      console.say(nextSteps(path, own, name));
    }
  });
}

/** Says everything that is wrong with a template; gives the exit status. */
export function checkTemplateFile(file: string, flags: TemplatesFlags, host: Host): Promise<number> {
  return work(flags, host, async (all) => {
    const { path } = await find(file, all, true);
    const bytes = await templateBytes(path);
    const kind = all.detected?.system.values.scheduler;
    const problems = await templateProblems(bytes, kind, host.env);
    const ok = problems.every(({ severity }) => severity !== 'error');
    if (flags.json) {
      const shown = problems.map(({ line = null, severity, what, hint = null }) => ({
        line,
        severity,
        message: what,
        hint,
      }));
      await all.console.result(jsonLine({ path, ok, problems: shown }, host));
    } else if (problems.length === 0) {
      const server = templateServer(Buffer.from(bytes).toString('utf8'));
      await all.console.result(templateIsRight(shownLines(path), server && title(server)));
    } else {
      const lines = problemLines(problems, columnsOf(host.stdout), await paint(host.stdout, host.env));
      await all.console.result(`${[`${shownLines(path)}:`, ...lines, counted(problems)].join('\n')}\n`);
    }
    return ok ? EXIT_CODES.done.code : EXIT_CODES.configuration.code;
  });
}

async function work<T>(flags: TemplatesFlags, host: Host, run: (all: Work) => Promise<T>): Promise<T> {
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    return await run({ console, context, host, flags, detected: await detect(context, flags, host) });
  } finally {
    console.rest();
  }
}

/** On a machine that nobody described there are templates all the same. */
async function detect(
  context: LaunchContext,
  flags: TemplatesFlags,
  host: Host,
): Promise<Detection | undefined> {
  try {
    return await findSystem(context, namedSystem(flags, host));
  } catch (error) {
    const unknown = error instanceof StartJupyterError && error.code === 'unknown-system';
    if (unknown && flags.system === undefined) return undefined;
    throw error;
  }
}

function find(name: string, { context, detected }: Work, preferFile: boolean): Promise<FoundTemplate> {
  const scheduler = detected?.system.values.scheduler;
  return findTemplate({
    name,
    schedulers: scheduler === undefined ? [] : [scheduler],
    folders: templateFolders(context),
    base: context.cwd,
    home: homeDirectory(context.env),
    preferFile,
  });
}

function ownFolder(context: LaunchContext): { folder: string } {
  return templateFolders(context).find(({ layer }) => layer === 'user') ?? { folder: '' };
}

function listedObject({ name, path, layer, about, server, mistakes, hiddenBy }: ListedTemplate): object {
  return {
    name,
    path,
    layer,
    about: about ?? null,
    server: server ?? null,
    mistakes,
    hiddenBy: hiddenBy ?? null,
  };
}

function nextSteps(path: string, own: string, source: string): string {
  const inOwn = path.startsWith(`${own}/`);
  const name = inOwn ? path.slice(own.length + 1).replace(/\.sh$/, '') : path;
  const short = inOwn ? basename(name) : path;
  const hides = inOwn && short === basename(source).replace(/\.sh$/, '');
  return afterCopying(
    commandLine(['start-jupyter', 'templates', 'check', name]),
    commandLine(['start-jupyter', '-b', short]),
    hides,
  );
}
