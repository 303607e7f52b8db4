/** Loads the large libraries that a launch needs later, while other programs are being waited for anyway. */
import { setImmediate } from 'node:timers/promises';

/** Never throws: what cannot be loaded fails where it is used. */
export async function loadForLaunch(): Promise<void> {
  // Loading keeps this process busy: the programs that are waited for must have been started.
  await setImmediate();
  await Promise.allSettled([import('../platform/undici.js'), import('../x509.js')]);
}
