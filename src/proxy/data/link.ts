/** A browser's connection joined with one of its own to the session's Jupyter. No HTTP is looked at. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Backend } from '../registry/session.js';
import { openPinned, openPlain, type BackendFault } from './backend.js';
import { pour, readShared } from './splice.js';

export interface Target {
  backend: Backend;
  /** Absent: a plain backend, which the registry lets be ready only while its tether holds. */
  certificateSha256?: string;
}

/** After one side has ended the other gets this long without a byte. */
const LINGER_MS = 15_000;

/**
 * Opens a link for a browser that has sent its first byte, which nobody has read yet. `settled` is called once, unless the
 * browser is gone before: without a fault the link stands; with one the backend cannot be used, and the browser's
 * connection is as it was. Destroying the browser's socket ends the link, whatever it is doing.
 */
export function openLink(browser: TLSSocket, target: Target, settled: (fault?: BackendFault) => void): void {
  const pin = target.certificateSha256;
  const opened = (fault?: BackendFault) => {
    if (browser.destroyed) backend.destroy();
    else if (fault) settled(fault);
    else {
      settled();
      join(browser, backend);
    }
  };
  const onread = readShared(browser, pin !== undefined);
  const backend: Socket =
    pin === undefined
      ? openPlain(target.backend, opened, onread)
      : openPinned(target.backend, pin, opened, onread);
  browser.once('close', () => backend.destroy());
}

function join(browser: TLSSocket, backend: Socket): void {
  // Set here and not on the server, where it would leave descriptors behind in CLOSE-WAIT.
  browser.allowHalfOpen = true;
  pour(browser, backend);
  // What `onread` has stopped.
  browser.on('drain', () => backend.resume());
  browser.once('end', () => {
    // Not forwarded: some backends cut their answer short at it, and in HTTP no request ends by it. A browser that
    // is gone altogether makes the next write fail; one that only fell silent gets the answer it waits for.
    backend.setTimeout(LINGER_MS, () => browser.destroy());
  });
  let ended = false;
  backend.once('end', () => {
    ended = true;
    browser.end(() => browser.setTimeout(LINGER_MS, () => browser.destroy()));
  });
  // Without an end it broke off: no close_notify for the browser, which then knows that something is missing.
  backend.once('close', () => ended || browser.destroy());
}
