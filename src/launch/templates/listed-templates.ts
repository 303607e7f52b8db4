/** Every template that a name may mean here, with what can be told of it. */
import { join } from 'node:path';
import type { Server } from '../../script/call.js';
import { templateMistakes, templateServer, templateText } from '../../script/check.js';
import { SHIPPED_NAME, templateBytes, templateNames } from '../../script/templates.js';
import type { LayerName, TemplateFolder } from './template-folders.js';

export interface ListedTemplate {
  /** `slurm/astro.sh`, or `astro.sh` for any scheduler. */
  name: string;
  path: string;
  layer: LayerName;
  /** Its first comment, as a title. */
  about?: string;
  /** Absent: what the options or the system choose. */
  server?: Server;
  /** How many; a launch refuses it then. */
  mistakes: number;
  /** Whose template of the same name is taken instead. */
  hiddenBy?: LayerName;
}

/** By name, the higher before those that it hides. */
export async function listedTemplates(folders: readonly TemplateFolder[]): Promise<ListedTemplate[]> {
  const all: ListedTemplate[] = [];
  const distinct = folders.filter(
    ({ folder }, at) => folders.findIndex((one) => one.folder === folder) === at,
  );
  for (const { layer, folder } of distinct) {
    const names = await templateNames(folder);
    for (const name of names.filter((one) => layer !== 'shipped' || SHIPPED_NAME.test(one))) {
      const higher = all.find((one) => one.name === name);
      const path = join(folder, name);
      all.push({ name, path, layer, ...(await facts(path)), ...(higher ? { hiddenBy: higher.layer } : {}) });
    }
  }
  const order = new Map(all.map((one, at) => [one, at]));
  return all.sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : (order.get(a) ?? 0) - (order.get(b) ?? 0),
  );
}

async function facts(path: string): Promise<Pick<ListedTemplate, 'about' | 'server' | 'mistakes'>> {
  const bytes = await templateBytes(path).catch(() => undefined);
  const text = bytes === undefined ? undefined : templateText(bytes);
  if (typeof text !== 'string') return { mistakes: 1 };
  const [about, server] = [title(text), templateServer(text)];
  return {
    ...(about === undefined ? {} : { about }),
    ...(server === undefined ? {} : { server }),
    mistakes: templateMistakes(text).length,
  };
}

/** The first sentence of the first comment that is neither a directive nor for another program. */
function title(text: string): string | undefined {
  for (const line of text.split('\n').slice(1)) {
    const comment = /^\s*#+\s*(.*)$/.exec(line)?.[1]?.trim();
    if (comment === undefined) return undefined;
    if (comment === '' || /^(?:SBATCH|PBS|shellcheck|vim?:|-\*-)/i.test(comment)) continue;
    return /^.*?(?=\.(?:\s|$)|$)/.exec(comment)?.[0];
  }
  return undefined;
}
