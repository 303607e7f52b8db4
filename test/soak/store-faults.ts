/** A store that cannot be written: clear errors, nothing acknowledged that is not kept, and afterwards it goes on. */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { theBed } from '../e2e/bed/bed.js';
import { user } from '../e2e/bed/users.js';
import { startBackends, type Backends } from './backends.js';
import { loopback } from './calls.js';
import { branch, compare } from './crash.js';
import { answered, emptyLedger, launchAgainAndAgain, type Ledger, type Round } from './launches.js';
import type { KnownSession } from './oracle.js';
import { proxyHome, type ProxyHome, type RunningProxy } from './proxy-home.js';
import { seeded } from './seeded.js';
import { diskToFail, diskToFill } from './small-disks.js';

export interface FaultPlan {
  seed: number;
  clients: number;
  /** Calls that are answered in each stretch: before the fault, under it, after it. */
  stretch: number;
}

export interface FaultResult {
  ledger: Ledger;
  /** 503 `cannot-store` that clients were told. */
  refused: number;
  /** Calls that were acknowledged after the fault was over, by the same process. */
  acknowledgedAfter: number;
  compared: number;
  /** What a proxy says that is started under the fault; empty: it serves. */
  startUnderFault: string;
}

/** What the scenarios have in common: clients in stretches, and a comparison after a crash. */
async function scene(plan: FaultPlan, store?: string) {
  const random = seeded(plan.seed);
  const backends: Backends = await startBackends({ pinned: 2 });
  const home = await proxyHome(store === undefined ? {} : { store });
  const ledger = emptyLedger();
  const own = Array.from({ length: plan.clients }, (): KnownSession[] => []);
  let [proxy, addresses]: [RunningProxy, number] = [await home.start(), 0];
  const round = (over: () => boolean, storeMayRefuse: boolean): Round => ({
    ...{ place: proxy, ledger, over, storeMayRefuse, certificateSha256: backends.certificateSha256 },
    ports: backends.ports.pinned,
    address: () => loopback(12, addresses++),
  });
  return {
    home,
    ledger,
    async stretch(storeMayRefuse: boolean): Promise<void> {
      let over = false;
      const calls = round(() => over, storeMayRefuse);
      const clients = own.map((sessions) => launchAgainAndAgain(calls, branch(random), sessions));
      await answered(ledger, plan.stretch);
      over = true;
      await Promise.all(clients);
    },
    async restart(): Promise<void> {
      proxy = await home.start();
    },
    compareAll: () =>
      compare(
        round(() => false, false),
        ledger.sessions,
      ),
    async close(): Promise<void> {
      await proxy.stop();
      await backends.stop();
      home.remove();
    },
  };
}

const told = ({ counts }: Ledger, outcome: string): number =>
  [...counts].reduce((sum, [what, number]) => sum + (what.endsWith(` ${outcome}`) ? number : 0), 0);

/** What a start says that must fail, or nothing when it does not fail. */
async function startAnyway(home: ProxyHome): Promise<string> {
  const failed = await home.start().then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (failed === '') await home.kill();
  return failed;
}

/** A disk that is full for a while, and full again when the proxy is killed and started. */
export async function fillDisk(plan: FaultPlan): Promise<FaultResult> {
  const disk = diskToFill(user(theBed().users.proxy), 32);
  const on = await scene(plan, disk.folder);
  await on.stretch(false);
  disk.fill();
  await on.stretch(true);
  const refused = told(on.ledger, 'cannot-store');
  disk.free();
  const before = told(on.ledger, 'promised');
  await on.stretch(false);
  const acknowledgedAfter = told(on.ledger, 'promised') - before;
  disk.fill();
  await on.stretch(true);
  await on.home.kill();
  const startUnderFault = await startAnyway(on.home);
  disk.free();
  await on.restart();
  const compared = await on.compareAll();
  await on.stretch(false);
  await on.close();
  disk.remove();
  return { ledger: on.ledger, refused, acknowledgedAfter, compared, startUnderFault };
}

/** A file system that turns read-only under way, as Linux does with a broken one, and is repaired. */
export async function failDisk(plan: FaultPlan): Promise<FaultResult> {
  const disk = diskToFail(user(theBed().users.proxy));
  const on = await scene(plan, disk.folder);
  await on.stretch(false);
  disk.fail();
  await on.stretch(true);
  const refused = told(on.ledger, 'cannot-store');
  await on.home.kill();
  const startUnderFault = await startAnyway(on.home);
  disk.repair();
  await on.restart();
  const compared = await on.compareAll();
  const before = told(on.ledger, 'promised');
  await on.stretch(false);
  const acknowledgedAfter = told(on.ledger, 'promised') - before;
  await on.close();
  disk.remove();
  return { ledger: on.ledger, refused, acknowledgedAfter, compared, startUnderFault };
}

/** The store's files and folder made read-only by somebody, and made writable again. */
export async function forbidWriting(plan: FaultPlan): Promise<FaultResult> {
  const on = await scene(plan);
  const modes = (file: number, folder: number): void => {
    for (const name of readdirSync(on.home.store)) chmodSync(join(on.home.store, name), file);
    chmodSync(on.home.store, folder);
  };
  await on.stretch(false);
  modes(0o400, 0o500);
  // What is open stays open: it may go on storing, or refuse.
  await on.stretch(true);
  const refused = told(on.ledger, 'cannot-store');
  await on.home.kill();
  const startUnderFault = await startAnyway(on.home);
  modes(0o600, 0o700);
  await on.restart();
  const compared = await on.compareAll();
  const before = told(on.ledger, 'promised');
  await on.stretch(false);
  const acknowledgedAfter = told(on.ledger, 'promised') - before;
  await on.close();
  return { ledger: on.ledger, refused, acknowledgedAfter, compared, startUnderFault };
}
