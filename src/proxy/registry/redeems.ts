import { messageOf } from '../../errors.js';
import type { Log } from '../operation/log.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import { createInTurn } from './in-turn.js';
import type { KnownSessions } from './known-sessions.js';
import type { Lifetimes } from './lifetimes.js';
import type { OpenTether, Tether, VerifyBackend } from './outside.js';
import { Refusal } from './refusal.js';
import type { Backend, EndCause, Session } from './session.js';
import { openPatiently, pause, RETRY_MS } from './tethers.js';
import * as transitions from './transitions.js';

const PROOF_TIMEOUT_MS = 10_000;

export interface RedeemsDeps {
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  log: Log;
  lifetimes: Lifetimes;
  verifyBackend: VerifyBackend;
  openTether: OpenTether;
  endSession: (name: string, cause: EndCause) => Promise<Session>;
}

export interface Redeems {
  redeem(name: string, backend: Backend, endsAt?: number): Promise<Session>;
  redeemClassic(name: string, backend: Backend): Promise<Session>;
  /** Gives up what is open in a session's name: a verification, a tether. */
  cut(name: string): void;
  cutAll(): void;
}

/** How sessions get their backends, and how those without a pin keep theirs. */
export function createRedeems(deps: RedeemsDeps): Redeems {
  const { known, changes, clock, log, lifetimes, verifyBackend, openTether, endSession } = deps;
  /** Redeems wait for each other, not for other changes: a destroy comes through while a backend is looked at. */
  const inTurn = createInTurn();
  const openInName = new Map<string, AbortController>();

  function openFor(name: string): AbortController {
    const controller = new AbortController();
    openInName.set(name, controller);
    return controller;
  }

  function cut(name: string): void {
    openInName.get(name)?.abort();
    openInName.delete(name);
  }

  /** Resolves when the backend is the session's own: for one without a pin, when its tether is open. */
  async function prove(session: Session, backend: Backend): Promise<Tether | undefined> {
    const open = openFor(session.name);
    const callOff = clock.after(PROOF_TIMEOUT_MS, () => open.abort());
    try {
      if (session.certificateSha256 === undefined) return await openTether(backend, open.signal);
      await verifyBackend(backend, session.certificateSha256, open.signal);
      openInName.delete(session.name);
      return undefined;
    } catch (error) {
      cut(session.name);
      // That the proxy had no time to look says nothing about the backend.
      const looked = !(error instanceof Refusal) || error.code !== 'limit-reached';
      if (looked) await changes.change(session.name, transitions.countFailedRedeem);
      throw error;
    } finally {
      callOff();
    }
  }

  async function redeem(name: string, backend: Backend, endsAt?: number): Promise<Session> {
    const session = known.get(name);
    if (!session) throw new Refusal('unknown-session', 'There is no such session.');
    const refusal = transitions.refuseRedeem(session, backend);
    if (refusal) throw refusal;
    if (session.phase !== 'reserved') return session;
    const tether = await prove(session, backend);
    const ready = await changes
      .change(name, (current) =>
        transitions.redeem(current, { phase: 'ready', backend, endsAt }, clock.now(), lifetimes),
      )
      .catch((error: unknown) => {
        cut(name);
        throw error;
      });
    if (tether) void endWhenClosed(name, tether);
    await endReplaced(ready);
    return ready;
  }

  async function endReplaced(verified: Session): Promise<void> {
    if (!transitions.isRedeemed(verified)) return;
    for (const other of known.at(verified.backend)) {
      if (transitions.isReplacedBy(other, verified)) await endSession(other.name, 'replaced');
    }
  }

  async function endWhenClosed(name: string, tether: Tether): Promise<void> {
    await tether.closed;
    await endGone(name);
  }

  /** Unless it was cut: then the session has ended already, or the proxy stops. */
  async function endGone(name: string): Promise<void> {
    if (!openInName.has(name)) return;
    await endSession(name, 'backend-gone').catch((error: unknown) =>
      log('end-failed', { error: messageOf(error) }),
    );
  }

  /** Serves a mapped session as soon as its tether is open, and ends it when that closes. */
  async function serveWhenTethered(session: Session): Promise<void> {
    const { name } = session;
    // It may have ended while the redeem was being stored.
    if (!transitions.isRedeemed(session) || known.get(name)?.phase === 'ended') return;
    const { backend } = session;
    const { signal } = openFor(name);
    const tether = await openPatiently(backend, openTether, clock, signal);
    if (!tether) {
      await endGone(name);
      return;
    }
    const closed = endWhenClosed(name, tether);
    // While the store fails the tether is kept: as long as it stands the session is its own.
    const served = () => changes.change(name, transitions.tethered).then(Boolean, () => false);
    while (!signal.aborted && !(await served())) await pause(RETRY_MS, clock, signal);
    await closed;
  }

  return {
    redeem: (name, backend, endsAt) => inTurn(name, () => redeem(name, backend, endsAt)),
    async redeemClassic(name, backend) {
      const mapped = await changes.change(name, (session) =>
        transitions.redeemOnce(session, backend, clock.now(), lifetimes),
      );
      void serveWhenTethered(mapped);
      return mapped;
    },
    cut,
    cutAll: () => [...openInName.keys()].forEach(cut),
  };
}
