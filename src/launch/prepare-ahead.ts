/** What a launch needs later and what keeps this process busy: done while other programs are being waited for anyway. */
import { setImmediate } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { selfSignedCertificate, type Certificate } from '../certificate.js';

/** Loads what is large, and makes the session's certificate. */
export async function prepareAhead(now: Date): Promise<Certificate> {
  // The programs that are waited for must have been started.
  await setImmediate();
  const certificate = await sessionCertificate(now);
  // What cannot be loaded fails where it is used.
  await Promise.allSettled([import('../platform/undici.js')]);
  // Node 20 reads its own authorities at the first use of TLS, whatever it is to trust: 17 ms.
  createSecureContext();
  return certificate;
}

/**
 * The job on its node checks it under the name localhost, whatever address it connects to. The proxy compares the pin and
 * not the dates; the job's own check must hold however long it waits in the queue.
 */
export function sessionCertificate(now: Date): Promise<Certificate> {
  const names = ['localhost', '127.0.0.1'];
  return selfSignedCertificate({ commonName: 'start-jupyter session', names, days: 800, now });
}
