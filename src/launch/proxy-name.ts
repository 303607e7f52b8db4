/** The name that a session gets at a proxy. */
import type { Certificate } from '../certificate.js';
import { messageOf } from '../errors.js';
import type { JobId } from '../scheduler/scheduler.js';
import {
  createSatelliteClient,
  type Endpoint,
  type Reservation,
  type SatelliteClient,
} from '../satellite/client.js';
import { sha256Hex, viewerKey } from '../satellite/protocol.js';
import { notRegistered, REGISTERING, RESERVING } from '../words/launch.js';
import type { LaunchContext } from './context.js';
import { stopIfAborted } from './interrupted.js';
import type { UndoStack } from './undo.js';

/** A name at a proxy, and who may speak for it. */
export interface ProxyName {
  endpoint: Endpoint;
  client: SatelliteClient;
  reservation: Reservation;
}

export async function reserveName(
  { progress, signal }: LaunchContext,
  endpoint: Endpoint,
  token: string,
  certificate: Certificate | undefined,
  undo: UndoStack,
): Promise<ProxyName> {
  progress.doing(RESERVING);
  const client = createSatelliteClient(endpoint);
  const reservation = await client.reserve(
    {
      viewerKeySha256: sha256Hex(viewerKey(token)),
      ...(certificate ? { certificateSha256: certificate.sha256 } : {}),
    },
    signal,
  );
  undo.push(`give the name ${reservation.name} back`, () => client.giveBack(reservation));
  return { endpoint, client, reservation };
}

/** The session works without it: only an interruption is an error. */
export async function registerJob(
  { progress, signal }: LaunchContext,
  { client, reservation }: ProxyName,
  jobId: JobId,
  done: string,
): Promise<void> {
  try {
    progress.doing(REGISTERING);
    await client.link(reservation, jobId.id, signal);
  } catch (error) {
    stopIfAborted(signal);
    progress.warn(notRegistered(done, messageOf(error)));
  }
  stopIfAborted(signal);
}
