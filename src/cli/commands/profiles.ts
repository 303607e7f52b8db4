/** `start-jupyter profiles` */
import { join } from 'node:path';
import { findSystem } from '../../launch/find-system.js';
import { offeredProfiles } from '../../launch/profiles/profile.js';
import { createConsole, paint } from '../console.js';
import { createContext, namedSystem } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import { profileLines, profileObject } from '../profile-lines.js';
import { because } from '../../words/launch.js';
import {
  HOW_TO_CHOOSE_PROFILES,
  howToWriteProfiles,
  noProfiles,
  OFFERS_NOT_KNOWN,
} from '../../words/profiles.js';

/** Lists the profiles that are offered to this person, with what they say. */
export async function listProfiles(flags: { system?: string; json?: boolean }, host: Host): Promise<void> {
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    const { system, why } = await findSystem(context, namedSystem(flags, host));
    const { profiles, usual, unsure } = await offeredProfiles(context, system);
    if (unsure) {
      console.warn(OFFERS_NOT_KNOWN);
    }
    if (flags.json) {
      const objects = profiles.map((profile) => profileObject(profile, profile.name === usual));
      await console.result(jsonLine({ system: system.name, profiles: objects }, host));
      return;
    }
    console.fact('System', because(system.name, why));
    if (profiles.length === 0) {
      console.say(noProfiles(system.name, system.profiles !== undefined));
      const document = join(context.packageFolder, 'docs/configuration.md');
      console.say(howToWriteProfiles(document));
      return;
    }
    const colour = await paint(host.stdout, host.env);
    const blocks = profiles.map((profile) =>
      profileLines(profile, profile.name === usual, colour).join('\n'),
    );
    console.say('');
    await console.result(`${blocks.join('\n\n')}\n`);
    console.say(HOW_TO_CHOOSE_PROFILES);
  } finally {
    console.rest();
  }
}
