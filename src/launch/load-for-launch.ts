/** Does ahead what a launch needs later and what keeps this process busy, while other programs are waited for anyway. */
import { setImmediate } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';

/** Never throws: what cannot be loaded fails where it is used. */
export async function loadForLaunch(): Promise<void> {
  // The programs that are waited for must have been started.
  await setImmediate();
  await Promise.allSettled([import('../platform/undici.js'), import('../x509.js')]);
  // Node 20 reads its own authorities at the first use of TLS, whatever it is to trust: 17 ms.
  createSecureContext();
}
