/** What is said of job templates. What is wrong within one is in template-problems.ts. */
import { StartJupyterError } from '../errors.js';

/** `file`: as it shall be named; `more`: it has other mistakes as well. */
export function badTemplate(
  file: string,
  { line, what, hint }: { line?: number; what: string; hint?: string },
  more = false,
): StartJupyterError {
  const where = line === undefined ? file : `${file}, line ${line}:`;
  const others = more ? ['There is more: start-jupyter templates check says everything that is wrong.'] : [];
  const hints = [...(hint === undefined ? [] : [hint]), ...others];
  return new StartJupyterError(
    'bad-template',
    `The template ${where} ${what}`,
    hints.length === 0 ? {} : { hint: hints.join('\n') },
  );
}

/** `named`: the template of that name; `full`: how it is said without doubt, and so for the file. */
export function templateOrFile(
  name: string,
  named: { layer: 'user' | 'site' | 'shipped'; name: string; full: string },
  file: { folder: string; full: string },
): StartJupyterError {
  const whose = { user: 'your', site: 'the site’s', shipped: 'the shipped' }[named.layer];
  return new StartJupyterError(
    'unknown-template',
    `"${name}" is the name of ${whose} template ${named.name}, and a file of that name lies in ${file.folder} as well`,
    { hint: `Write ${file.full} for the file, ${named.full} for the template.` },
  );
}

/** `isName`: it could be a template's name; `meant`: a sentence. */
export function noSuchTemplate(
  name: string,
  {
    isName,
    file,
    there,
    meant,
  }: { isName: boolean; file: string; there: readonly string[]; meant: string | undefined },
): StartJupyterError {
  const elsewhere = isName
    ? `it is in no folder of templates, and ${file} does not exist`
    : `${file} does not exist`;
  return new StartJupyterError('unknown-template', `There is no template "${name}": ${elsewhere}`, {
    hint: [
      ...(meant === undefined ? [] : [meant]),
      `There are ${there.join(', ')}. Any other is given by its path. "start-jupyter templates" says more.`,
    ].join('\n'),
  });
}

/** Of other schedulers. */
export function sayInFull(names: readonly string[]): string {
  return `There is ${names.join(', ')}: say it in full if that is meant.`;
}

export function perhapsMeant(name: string): string {
  return `Did you mean ${name}?`;
}

/** `server`, `template`: the options or variables. */
export function templateHasServer(
  { server, template }: { server: string; template: string },
  path: string,
  own: string,
): StartJupyterError {
  return new StartJupyterError(
    'bad-option',
    `${server} and ${template} do not go together: ${path} starts ${own} itself.`,
    { hint: 'Leave the server to the template. One that says only start_session takes any.' },
  );
}

export function copyIsThere(path: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${path} is there already; nothing was copied`, {
    hint: 'Give the copy another name: start-jupyter templates copy NAME NEW_NAME.',
  });
}

export function copyNotWritten(path: string, why: string): StartJupyterError {
  return new StartJupyterError('bad-directory', `${path} cannot be written (${why})`);
}

export function noFolderForCopy(path: string): StartJupyterError {
  return new StartJupyterError('bad-directory', `There is no folder ${path}`, {
    hint: 'Make it first, or name another.',
  });
}

// The command.

export const UNKNOWN_SYSTEM_TEMPLATES = 'This is no system that is known: the templates of all schedulers.';

/** `why`: it is taken for this system. */
export function systemWithScheduler(system: string, why: string, scheduler: string): string {
  return `${system} (${why}), scheduler ${scheduler}`;
}

export function notTemplates(names: readonly string[]): string {
  return `No templates, because their names do not end in .sh: ${names.join(', ')}.`;
}

/** `folder`: the person's own. */
export function howToUseTemplates(folder: string): string {
  return `
Start one with -b NAME; its folder and the .sh may be left out.
Make one of your own:  start-jupyter templates copy jupyterlab NEW_NAME
Yours are in ${folder}`;
}

export function copiedTo(path: string): string {
  return `Copied to ${path}\n`;
}

/** `check`, `start`: command lines; `hides`: the copy has the name of the original. */
export function afterCopying(check: string, start: string, hides: boolean): string {
  return `
Change it, look whether it is right, and start it:
  ${check}
  ${start}${hides ? `\nFrom now on this name means your copy.` : ''}`;
}

/** `server`: the one that it starts itself, as people call it. */
export function templateIsRight(path: string, server: string | undefined): string {
  return `${path} is right. It starts ${server ?? 'the server that -s or the system chooses'}.\n`;
}
