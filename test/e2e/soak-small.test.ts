/** What `npm run test:soak` does with large counts, with small ones: verdicts by counts and states, not by time. */
import { expect, test } from 'vitest';
import { LINGERS } from '../soak/churn-kinds.js';
import { openAndClose } from '../soak/churn.js';
import { killAgainAndAgain } from '../soak/crash.js';
import { serveCrowd } from '../soak/crowd.js';
import { cutSessions } from '../soak/cuts.js';
import { canFail } from '../soak/small-disks.js';
import { stallReaders } from '../soak/stalled.js';
import { failDisk, fillDisk, forbidWriting } from '../soak/store-faults.js';
import { describeOnBed } from './bed/bed.js';

describeOnBed('the soak, with small counts', () => {
  test('kill -9 under clients loses and undoes nothing that was acknowledged', async () => {
    const { ledger, ...result } = await killAgainAndAgain({
      ...{ seed: 3, kills: 5, clients: 8, classicClients: 2, mostAnswers: 100 },
    });
    expect(ledger.broken).toEqual([]);
    expect(result.kills).toBe(5);
    expect(result.classicSurvived).toBeGreaterThan(0);
    for (const what of ['reserve', 'link', 'redeem', 'destroy', 'classic reserve', 'classic redeem']) {
      expect([what, ledger.counts.get(`${what} promised`)]).toEqual([what, expect.any(Number)]);
    }
  });

  const faults = { seed: 5, clients: 6, stretch: 60 };

  test('a full disk: nothing is acknowledged that is not kept, and it goes on when there is room', async () => {
    const { ledger, ...result } = await fillDisk(faults);
    expect(ledger.broken).toEqual([]);
    expect(result.refused).toBeGreaterThan(0);
    expect(result.acknowledgedAfter).toBeGreaterThan(0);
    expect(result.compared).toBeGreaterThan(0);
    // What is there can be served without a byte more.
    expect(result.startUnderFault).toBe('');
  });

  test.skipIf(!canFail())('a file system that fails and turns read-only (needs a loop device)', async () => {
    const { ledger, ...result } = await failDisk(faults);
    expect(ledger.broken).toEqual([]);
    expect(result.refused).toBeGreaterThan(0);
    expect(result.acknowledgedAfter).toBeGreaterThan(0);
    expect(result.startUnderFault).toMatch(/read-only file system/);
  });

  test('a store that somebody made read-only', async () => {
    const { ledger, ...result } = await forbidWriting(faults);
    expect(ledger.broken).toEqual([]);
    expect(result.acknowledgedAfter).toBeGreaterThan(0);
    expect(result.startUnderFault).toMatch(/store .* cannot be used|EACCES/);
  });

  test('many websockets with messages, and launches meanwhile, without an error', async () => {
    const plan = { sessions: 20, websocketsEach: 5, everyMs: 400, launches: 20, launchesAtOnce: 5 };
    const result = await serveCrowd(plan);
    expect(result.errors).toEqual([]);
    expect(result.websockets).toBe(100);
    expect(result.echoes).toBeGreaterThanOrEqual(100);
    expect(result.descriptors.open).toBeGreaterThanOrEqual(result.descriptors.before + 200);
    expect(result.descriptors.after).toBeLessThanOrEqual(result.descriptors.before);
  });

  test('connections opened and closed in every way leave nothing behind', async () => {
    // The one kind that is left out takes 15 s to be noticed.
    const plan = { seed: 11, connections: 720, atOnce: 12, batches: 2, without: [LINGERS] };
    const { done, errors, descriptors, points } = await openAndClose(plan);
    expect(errors).toEqual([]);
    expect([...done.values()].reduce((sum, n) => sum + n, 0)).toBe(720);
    expect(descriptors.after).toBeLessThanOrEqual(descriptors.before);
    // 360 connections that stayed would be more: each has some 30 KB.
    expect(points[1]!.heap - points[0]!.heap).toBeLessThan(3e6);
  });

  test('readers that stall get every byte when they read on, and cost no more than buffers', async () => {
    const result = await stallReaders({ readers: 40, bytes: 30e6, roundTrips: 30, readOn: 2 });
    expect(result).toMatchObject({ stalled: 40, complete: 4 });
    // Without back-pressure it would be 1,200 MB.
    expect(result.residentMb.highest).toBeLessThan(400);
    expect(result.descriptors.after).toBeLessThanOrEqual(result.descriptors.before);
  });

  test('an end cuts every connection, whoever says it', async () => {
    const cuts = await cutSessions({ idle: 20, busy: 5, stalled: 3 });
    for (const [ender, { connections, left, lastAfterMs, proxyAfterMs }] of Object.entries(cuts)) {
      expect([ender, connections, left]).toEqual([ender, 28, 0]);
      expect(Math.max(lastAfterMs, proxyAfterMs)).toBeLessThan(5_000);
    }
  });
});
