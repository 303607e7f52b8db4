/** `start-jupyter profiles` */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { LaunchContext } from '../../launch/context.js';
import { findSystem } from '../../launch/find-system.js';
import { offeredProfiles } from '../../launch/profiles/profile.js';
import type { Progress } from '../../launch/progress.js';
import { createConsole, paint } from '../console.js';
import type { Host } from '../host.js';
import { profileLines, profileObject } from '../profile-lines.js';

/** Lists the profiles that are offered to this person, with what they say. */
export async function listProfiles(flags: { system?: string; json?: boolean }, host: Host): Promise<void> {
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    const { system, why } = await findSystem(context, givenSystem(flags, host));
    const { profiles, usual, unsure } = await offeredProfiles(context, system);
    if (unsure) {
      console.warn(
        'It cannot be told which profiles are offered to you, because "id" gives no answer: all are shown.',
      );
    }
    if (flags.json) {
      const objects = profiles.map((profile) => profileObject(profile, profile.name === usual));
      const { warnings } = host.held;
      const result = { system: system.name, profiles: objects, ...(warnings.length > 0 ? { warnings } : {}) };
      await console.result(`${JSON.stringify(result)}\n`);
      return;
    }
    console.fact('System', `${system.name} (${why})`);
    if (profiles.length === 0) {
      console.say(`${system.name} has no profiles${system.profiles ? ' for you' : ''}.`);
      console.say('docs/configuration.md tells how to write one of your own, under "Profiles".');
      return;
    }
    const colour = await paint(host.stdout, host.env);
    const blocks = profiles.map((profile) =>
      profileLines(profile, profile.name === usual, colour).join('\n'),
    );
    console.say('');
    await console.result(`${blocks.join('\n\n')}\n`);
    console.say('\nChoose one with --profile NAME.');
  } finally {
    console.rest();
  }
}

function givenSystem(
  { system }: { system?: string },
  { env }: Host,
): { system?: { name: string; from: '--system' | 'START_JUPYTER_SYSTEM' } } {
  const variable = env['START_JUPYTER_SYSTEM'];
  const name = system ?? (variable === '' ? undefined : variable);
  if (name === undefined) return {};
  return { system: { name, from: name === variable ? 'START_JUPYTER_SYSTEM' : '--system' } };
}

function createContext(host: Host, progress: Progress): LaunchContext {
  const interrupted = new AbortController();
  host.onSignal(() => interrupted.abort());
  return {
    ...{ env: host.env, cwd: host.cwd, platform: host.platform, umask: host.umask },
    packageFolder: fileURLToPath(host.packageRoot),
    progress,
    signal: interrupted.signal,
    now: () => new Date(),
    random: randomBytes,
  };
}
