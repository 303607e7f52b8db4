/** Why a store cannot be used, and the way out, in words. */
import { StartJupyterError } from '../../errors.js';
import type { Refused } from './messages.js';

/** What is stored is not what was written. */
export class DamagedError extends Error {}

const UNCHANGED = 'Nothing in it was changed.';

export function cannotUse(file: string, { why, detail }: Refused): StartJupyterError {
  switch (why) {
    case 'damaged':
      return new StartJupyterError('bad-store', `The store ${file} is damaged. ${UNCHANGED}`, {
        detail,
        hint: 'Put back a copy of its folder. Or move the folder away and start with an empty one: then the links of all running sessions are dead.',
      });
    case 'newer':
      return new StartJupyterError(
        'bad-store',
        `A newer version of the proxy wrote the store ${file}. ${UNCHANGED}`,
        {
          detail,
          hint: 'Start that version, or give this one a folder of its own with the setting store.',
        },
      );
    case 'foreign':
      return new StartJupyterError(
        'bad-store',
        `${file} is not a store of this proxy, or damaged. ${UNCHANGED}`,
        {
          detail,
          hint: 'Give the proxy a folder of its own with the setting store. If this was its store, put back a copy of the folder.',
        },
      );
    case 'unreadable':
      return new StartJupyterError('bad-store', `The store ${file} cannot be opened. ${UNCHANGED}`, {
        detail,
        hint: 'The user of the proxy must be able to read and write every file in this folder.',
      });
  }
}
