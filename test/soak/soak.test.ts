/** `npm run test:soak`: the counts that take minutes. Prints what it did and measured; docs/benchmarks.md keeps it. */
import { cpus, release, totalmem } from 'node:os';
import { beforeAll, expect, test } from 'vitest';
import { describeOnBed } from '../e2e/bed/bed.js';
import { growth, openAndClose } from './churn.js';
import { killAgainAndAgain } from './crash.js';
import { serveCrowd } from './crowd.js';
import { cutSessions } from './cuts.js';
import { inWords } from './statistics.js';
import { stallReaders } from './stalled.js';
import { failDisk, fillDisk, forbidWriting } from './store-faults.js';

describeOnBed('soak', () => {
  beforeAll(() => {
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? ''}, ${Math.round(totalmem() / 2 ** 30)} GB`;
    say(`${new Date().toISOString()}, Linux ${release()}, ${machine}, Node ${process.version}`);
  });

  test('kill -9, 200 times, under 50 clients', async () => {
    const plan = { seed: 20_261_123, kills: 200, clients: 45, classicClients: 5, mostAnswers: 250 };
    const { ledger, ...result } = await killAgainAndAgain(plan);
    const counts = [...ledger.counts].sort().map(([what, number]) => `${what} ${number}`);
    say(
      `${result.kills} kills, ${result.killedAtStart} more while starting; ${result.sessions} names given, ${result.compared} comparisons`,
      `  ${counts.join(', ')}; classic reservations redeemed after a restart ${result.classicSurvived}`,
      `  broken promises: ${ledger.broken.length}`,
      `  from the program's start to its first answer: ${inWords(result.servesAgainMs, 'ms', 0)}`,
    );
    expect(ledger.broken).toEqual([]);
    expect(result.kills).toBe(plan.kills);
    expect(result.servesAgainMs.max).toBeLessThan(1000);
  });

  test.each([
    ['a full disk', fillDisk],
    ['a file system that fails and turns read-only', failDisk],
    ['a store that somebody made read-only', forbidWriting],
  ] as const)('%s, under 20 clients', async (fault, scenario) => {
    const { ledger, ...result } = await scenario({ seed: 5, clients: 20, stretch: 1000 });
    const start = result.startUnderFault.split('stderr: ')[1]?.trim() ?? 'it serves';
    say(
      `${fault}: ${result.refused} times 503 cannot-store, ${result.acknowledgedAfter} calls acknowledged after it, ${result.compared} sessions compared`,
      `  broken promises: ${ledger.broken.length}; a start under the fault: ${start}`,
    );
    expect(ledger.broken).toEqual([]);
    expect(result.acknowledgedAfter).toBeGreaterThan(0);
    expect(result.refused > 0).toBe(scenario !== forbidWriting);
  });

  test('1,000 sessions with 5 websockets each, and 500 launches meanwhile', async () => {
    const result = await serveCrowd({
      ...{ sessions: 1000, websocketsEach: 5, everyMs: 4000, launches: 500, launchesAtOnce: 20 },
    });
    const { before, open, after } = result.descriptors;
    say(
      `${result.websockets} websockets, ${result.echoes} echoes (${inWords(result.echoMs)}), errors: ${result.errors.length}`,
      `  500 launches in ${(result.launchedWithinMs / 1000).toFixed(1)} s (each: ${inWords(result.launchMs, 'ms', 0)})`,
      `  descriptors ${before}, with all open ${open}, at the end ${after}; resident ${result.residentMb.toFixed(0)} MB`,
    );
    expect(result.errors).toEqual([]);
    expect(result.websockets).toBe(5000);
    expect(result.launchedWithinMs).toBeLessThan(30_000);
    expect(after).toBeLessThanOrEqual(before);
  });

  test('50,000 connections opened and closed', async () => {
    const plan = { seed: 7, connections: 50_000, warmUp: 20_000, atOnce: 32, batches: 25 };
    const { done, errors, descriptors, points } = await openAndClose(plan);
    const total = [...done.values()].reduce((sum, n) => sum + n, 0);
    say(
      `${total} connections of ${done.size} kinds, wrong outcomes: ${errors.length}`,
      `  descriptors ${descriptors.before} at the start, ${descriptors.after} at the end`,
    );
    for (const what of ['heap', 'resident'] as const) {
      const { perUnit, atMost } = growth(points, what);
      const [first, last] = [points[5]!, points.at(-1)!].map((point) => (point[what] / 1e6).toFixed(1));
      say(
        `  ${what}: ${perUnit.toFixed(1)} bytes a connection, at most ${atMost.toFixed(1)} (97.5 % confidence), bound ${BOUNDS[what]}; ${first ?? ''} MB after the warm-up, ${last ?? ''} MB at the end`,
      );
      say(`    ${points.map((point) => (point[what] / 1e6).toFixed(1)).join(' ')}`);
      expect.soft(atMost).toBeLessThan(BOUNDS[what]);
    }
    expect(errors).toEqual([]);
    expect(total).toBe(plan.warmUp + plan.connections);
    expect(descriptors.after).toBeLessThanOrEqual(descriptors.before);
  });

  test('1,000 stalled readers of large downloads', async () => {
    const result = await stallReaders({ readers: 1000, bytes: 64e6, roundTrips: 500, readOn: 4 });
    const { before, stalled, highest } = result.residentMb;
    say(
      `${result.stalled} stalled readers: resident ${before.toFixed(0)} MB before, ${stalled.toFixed(0)} MB, at most ${highest.toFixed(0)} MB`,
      `  another session's round trip meanwhile: ${inWords(result.roundTripMs, 'ms', 2)}; ${result.complete} of 8 read on to the last byte`,
      `  descriptors ${result.descriptors.before}, at the end ${result.descriptors.after}`,
    );
    expect(result.stalled).toBe(1000);
    expect(result.complete).toBe(8);
    expect(highest).toBeLessThan(400);
    expect(result.roundTripMs.p99).toBeLessThan(10);
    expect(result.descriptors.after).toBeLessThanOrEqual(result.descriptors.before);
  });

  test('an end cuts every connection', async () => {
    const cuts = await cutSessions({ idle: 200, busy: 50, stalled: 20 });
    for (const [ender, cut] of Object.entries(cuts)) {
      say(
        `${ender}: ${cut.connections} connections, ${cut.echoes} echoes before; all closed by the proxy after ${cut.proxyAfterMs} ms, the last websocket's client saw it after ${cut.lastAfterMs} ms`,
      );
      expect.soft([ender, cut.left]).toEqual([ender, 0]);
      expect.soft(Math.max(cut.proxyAfterMs, cut.lastAfterMs)).toBeLessThan(100);
    }
  });
});

/** Bytes a connection: less than the smallest object that could stay behind, and than one page in 32 connections. */
const BOUNDS = { heap: 16, resident: 128 };

function say(...lines: string[]): void {
  console.log(lines.join('\n'));
}
