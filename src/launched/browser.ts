/**
 * Opens a session in the browser of this machine. Its link holds the token, and everybody can read what a program is
 * started with: the browser gets the name of a file that only its owner can read, and that leads on.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import { startDetached } from '../platform/start-detached.js';
import { writePrivate } from '../session/store.js';
import { browserFailed, noPage, noScreen } from '../words/browser.js';

type Surroundings = Pick<LaunchContext, 'env' | 'platform' | 'random'>;

/** @throws StartJupyterError 'no-browser' */
export async function openInBrowser(context: Surroundings, directory: string, url: string): Promise<void> {
  // It comes out of a file: nothing but a link to a page may become one.
  if (!/^https?:\/\//.test(url)) throw noPage('its link is not a link');
  const candidates = browsers(context);
  if (candidates.length === 0) throw noScreen();
  const page = pathToFileURL(await writePage(context, directory, url)).href;
  const said: string[] = [];
  for (const words of candidates) {
    const [file = '', ...args] = withPage(words, page);
    const why = await startDetached(file, args, { env: context.env, cwd: '/' });
    if (why === undefined) return;
    said.push(why);
  }
  throw browserFailed(said.join(', '));
}

/** Commands to try, in order; none where there is no screen to show a browser on. */
function browsers({ env, platform }: Surroundings): string[][] {
  if (platform === 'darwin') return [['open']];
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return [];
  // As other programs read it: several parted by colons, each with arguments, %s stands for what is to be opened.
  const named = (env['BROWSER'] ?? '')
    .split(':')
    .map((command) => command.trim().split(/\s+/))
    .filter(([file]) => file !== '');
  return [...named, ['xdg-open']];
}

function withPage(words: readonly string[], page: string): string[] {
  const replaced = words.map((word) => word.replaceAll('%s', () => page).replaceAll('%%', '%'));
  return words.some((word) => word.includes('%s')) ? replaced : [...words, page];
}

/** Anew each time: the link of a session may change with its way. */
async function writePage({ random }: Surroundings, directory: string, url: string): Promise<string> {
  const path = join(directory, 'open.html');
  const temporary = join(directory, `.open.html.${random(6).toString('hex')}`);
  try {
    await writePrivate(temporary, pageFor(url));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw noPage(messageOf(error));
  }
  return path;
}

/** @internal */
export function pageFor(url: string): string {
  const quoted = url.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>Jupyter</title>
<p><a id="notebook" href="${quoted}">Open the notebook</a></p>
<script>location.replace(document.getElementById('notebook').href)</script>
</html>
`;
}
