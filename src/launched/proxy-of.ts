/** The proxy of a session that was launched, with what its calls need. */
import { join } from 'node:path';
import type { Reservation, SatelliteClient } from '../satellite/client.js';
import type { SessionRecord } from '../session/record.js';
import { readSmallFile } from '../session/small-file.js';

export interface SessionProxy {
  client: SatelliteClient;
  reservation: Reservation;
}

/** Undefined: it has none, or its record does not say which. */
export async function proxyOf(record: SessionRecord, directory: string): Promise<SessionProxy | undefined> {
  const { name, url, endpoint, protocol } = record;
  if (name === undefined || url === undefined || endpoint === undefined || protocol === undefined)
    return undefined;
  const [domain = '', port = ''] = endpoint.split(':');
  const [ca, redeemSecret] = await Promise.all([
    optional(join(directory, 'ca.pem')),
    optional(join(directory, 'redeem.secret')),
  ]);
  const { createSatelliteClient } = await import('../satellite/client.js');
  return {
    client: createSatelliteClient({
      ...{ domain, port: Number(port), protocol },
      ...(ca === undefined ? {} : { ca }),
    }),
    reservation: { protocol, name, url, ...(redeemSecret === undefined ? {} : { redeemSecret }) },
  };
}

async function optional(path: string): Promise<string | undefined> {
  const text = await readSmallFile(path).catch(() => undefined);
  return text?.trim() === '' ? undefined : text;
}
