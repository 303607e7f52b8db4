/** The waiting page through its states in real Chromium, on real Slurm, with the feeder that reports what Slurm says. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser, type Browser } from './bed/browser.js';
import { feederSecretFile, startFeeder } from './bed/feeder.js';
import { holdSession, type HeldSession } from './bed/held-session.js';
import { forgetSessions } from './bed/launches.js';
import { interfaceOf, runCell } from './bed/notebook.js';
import type { Running } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { cancelJob, clearJobsOf, jobInState } from './bed/slurm.js';
import { standIns } from './bed/stand-ins.js';
import { user } from './bed/users.js';
import { watchPage, type WatchedPage, type Watching } from './bed/watched-page.js';

/** Neither the bed's nor Slurm's. */
const READERS_ZONE = 'Asia/Kolkata';

describeOnBed('the waiting page', () => {
  let proxy: Proxy;
  let browser: Browser;
  let feeder: Running;

  beforeAll(async () => {
    const secretFile = feederSecretFile();
    proxy = await startProxy({ serve: ['--feeder-secret-file', secretFile] });
    feeder = startFeeder({ to: proxy, args: ['--secret-file', secretFile, '--interval', '1s'] });
    browser = await startBrowser([proxy.caFile]);
  });

  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
    await clearJobsOf(hank().name);
    forgetSessions(hank());
    for (const left of ['Untitled.ipynb', '.jupyter']) {
      rmSync(join(hank().home, left), { recursive: true, force: true });
    }
  });

  afterAll(async () => {
    feeder.signal('SIGTERM');
    await feeder.ended(20_000);
    await browser.close();
    await proxy.stop();
  });

  const hank = () => user(theBed().users.hank);
  const hold = (args: readonly string[] = [], options = {}) => holdSession(proxy, hank(), args, options);
  const watch = ({ name, token }: HeldSession, watching?: Watching) =>
    watchPage(browser, `https://${name}.${proxy.endpoint}/tree?token=${token}`, watching);

  async function expectQuiet(watched: WatchedPage, { name }: HeldSession): Promise<void> {
    expect(await watched.complaints()).toEqual([]);
    const own = `https://${name}.${proxy.endpoint}/`;
    expect(watched.asked.filter((url) => !url.startsWith(own) && url !== 'data:,')).toEqual([]);
  }

  test('on hold, starting, and then the notebook opens by itself', async () => {
    const tools = standIns(hank());
    // Jupyter takes its time until it is told to go on.
    const wait = `until [ -e ${tools.folder}/go ]; do sleep 0.05; done`;
    tools.add('jupyter', `[ "$1" = --version ] || ${wait}\nPATH=$path exec jupyter "$@"`);
    const session = await hold([], { env: { PATH: tools.path } });
    const watched = await watch(session);
    await watched.says('Your job is waiting', 'It is on hold, as somebody asked.');
    expect(await watched.text()).toContain(`job ${session.jobId}`);
    expect(watched.page.url()).not.toContain('token');
    await watched.expectAccessible();

    await session.release();
    await watched.says('Your job is running', 'Jupyter starts on its compute node');
    await watched.expectAccessible();
    await watched.picture('running-page', 'desktop');
    await expectQuiet(watched, session);

    writeFileSync(join(tools.folder, 'go'), '');
    expect(await interfaceOf(watched.page)).toBe('notebook6');
    // Once by us, for the waiting page, and once by itself.
    expect(watched.opened()).toBe(2);
    expect((await runCell(watched.page, '6*7')).result).toBe('42');
  });

  test('waiting with an estimate in the reader’s own time, and cancelled', async () => {
    const session = await hold(['--scheduler-arg', '--begin=now+3hours']);
    await session.release();
    const watched = await watch(session, {
      prepare: async (_page, tools) => {
        await tools.send('Emulation.setTimezoneOverride', { timezoneId: READERS_ZONE });
      },
    });
    await watched.says('Your job is waiting', 'It starts at a later time, as was asked for.');
    const start = (await jobInState(session.jobId, ['PENDING'])).get('StartTime') ?? '';
    const style = { dateStyle: 'medium', timeStyle: 'short', timeZone: READERS_ZONE } as const;
    const inIndia = new Date(start).toLocaleString('en-US', style).replaceAll(/\s/g, '\\s');
    await watched.says('Your job is waiting', new RegExp(`should start around ${inIndia}`));
    await watched.expectAccessible();
    await watched.picture('waiting-page', 'desktop');
    await watched.picture('waiting-page-phone', 'phone');

    await cancelJob(session.jobId);
    await watched.says('This notebook has ended', 'The job was cancelled.');
    expect(await watched.text()).toContain('Start a new notebook with start-jupyter');
    await watched.expectAccessible();
    await watched.picture('ended-page', 'desktop');
    await watched.picture('ended-page-phone', 'phone');
    await expectQuiet(watched, session);

    // Whoever opens the link afterwards reads the same, a stranger does not.
    const later = await watch(session);
    await later.says('This notebook has ended', 'The job was cancelled.');
    await browser.context.clearCookies();
    const stranger = await watchPage(browser, `https://${session.name}.${proxy.endpoint}/?token=wrong`);
    await stranger.says('No notebook is open here yet');
    await stranger.expectAccessible();
    await stranger.picture('unknown-page', 'desktop');
    await expectQuiet(stranger, session);
  });
});
