/** What `start-jupyter help TOPIC` says, put together from the code that it is about. */
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { homeDirectory } from '../launch/home.js';
import { templateFolders } from '../launch/templates/template-folders.js';
import { stateDirectory } from '../session/store.js';
import { configurationFiles } from '../site/load.js';
import { EXIT_CODES, KIND_OF_CODE } from '../words/exit-codes.js';
import * as words from '../words/help.js';
import type { HelpPart, HelpRow, Topic } from '../words/help.js';
import type { Host } from './host.js';
import { standingFor, variableOf } from './variables.js';

export type HelpSurroundings = Pick<Host, 'env' | 'cwd' | 'platform' | 'packageRoot'>;

export function helpTopic(topic: Topic, program: Command, around: HelpSurroundings): HelpPart[] {
  switch (topic) {
    case 'exit-codes':
      return exitCodes();
    case 'environment':
      return environment(program);
    case 'files':
      return files(around);
  }
}

function exitCodes(): HelpPart[] {
  const codes = Object.entries(KIND_OF_CODE);
  const named = Object.entries(EXIT_CODES).map(([kind, { code }]): HelpRow => {
    const names = codes.filter(([, leadsTo]) => leadsTo === kind).map(([name]) => name);
    return [status(code), names.join(', ')];
  });
  return [
    {
      title: words.EXIT_CODES_TITLE,
      rows: Object.values(EXIT_CODES).map(({ code, meaning }): HelpRow => [status(code), meaning]),
    },
    { ...words.EXIT_CODES_AFTER, rows: named.filter(([, names]) => names !== '') },
  ];
}

function status(code: number): string {
  return String(code).padStart(3);
}

function environment(program: Command): HelpPart[] {
  return [
    words.WHAT_BEATS_WHAT,
    {
      ...words.OPTION_VARIABLES,
      rows: standingFor(program).map((option): HelpRow => [variableOf(option.name()), option.flags]),
    },
    { title: 'Of start-jupyter itself:', rows: Object.entries(words.OWN_VARIABLES) },
    ...words.OTHER_VARIABLES,
  ];
}

function files({ env, cwd, platform, packageRoot }: HelpSurroundings): HelpPart[] {
  const home = homeDirectory(env);
  const packageFolder = fileURLToPath(packageRoot).replace(/[\\/]$/, '');
  const shown = (path: string): string =>
    path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
  const configuration = configurationFiles({ env, platform, homeDirectory: home }).reverse();
  const state = stateDirectory(env, home);
  return [
    {
      ...words.CONFIGURATION_FILES,
      rows: [
        ...configuration.map(({ layer, file }): HelpRow => [shown(file), words.LAYER_WORDS[layer]]),
        [shown(join(packageFolder, 'systems.yaml')), words.LAYER_WORDS.shipped],
      ],
    },
    {
      ...words.TEMPLATE_FOLDERS,
      rows: templateFolders({ env, platform, cwd, packageFolder }).map(({ layer, folder }): HelpRow => [
        `${shown(folder)}${sep}`,
        words.LAYER_WORDS[layer],
      ]),
    },
    {
      ...words.SESSION_FILES,
      title: `${words.SESSION_FILES.title} ${shown(join(state, 'sessions', 'ID'))}${sep}`,
    },
    {
      title: words.OTHER_FILES.title,
      rows: [
        [`${shown(join(state, 'conda'))}${sep}`, words.OTHER_FILES.conda],
        [`${shown(join(packageFolder, 'share'))}${sep}`, words.OTHER_FILES.share],
      ],
    },
  ];
}
