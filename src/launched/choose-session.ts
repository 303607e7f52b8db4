/** Which session is meant. */
import { StartJupyterError } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import type { SessionRecord } from '../session/record.js';

/** A session that was launched: its record, and where it lies. */
export interface KnownSession {
  record: SessionRecord;
  directory: string;
}

/** To be built. */
export function chooseSession(_context: LaunchContext, _id: string | undefined): Promise<KnownSession> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
