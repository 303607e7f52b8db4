/** What the waiting page does in a browser, whatever the scheduler: keyboard, notification, patience, and no loop. */
import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { selfSignedCertificate, type Certificate } from '../../src/certificate.js';
import { sha256Hex, viewerKey, type ReserveAnswer } from '../../src/satellite/protocol.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser, type Browser } from './bed/browser.js';
import { curlAs } from './bed/curl.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { user } from './bed/users.js';
import { watchPage, type Watching } from './bed/watched-page.js';

const TOKEN = 'the-owner-s-token';
const MINUTE = 60_000;

describeOnBed('the waiting page in a browser', () => {
  let proxy: Proxy;
  let browser: Browser;
  let certificate: Certificate;
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  const browsers: Browser[] = [];

  beforeAll(async () => {
    proxy = await startProxy();
    browser = await startBrowser([proxy.caFile]);
    certificate = await selfSignedCertificate({ commonName: 'session', names: ['localhost'], days: 2 });
  });

  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close();
    for (const server of servers.splice(0)) server.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const own of browsers.splice(0)) await own.close();
  });

  afterAll(async () => {
    await browser.close();
    await proxy.stop();
  });

  const control = async (path: string, ...args: string[]) => {
    const url = `${proxy.controlUrl}${path}`;
    const answer = await curlAs(user(theBed().users.hank), proxy.caFile, url, ...args);
    expect(answer.status, answer.body).toBeLessThan(300);
    return answer.body;
  };
  const json = (body: object, ...args: string[]) => [
    ...['-X', 'POST', '-H', 'Content-Type: application/json', '-d', JSON.stringify(body)],
    ...args,
  ];

  async function reserve(): Promise<ReserveAnswer> {
    const body = { certificateSha256: certificate.sha256, viewerKeySha256: sha256Hex(viewerKey(TOKEN)) };
    return JSON.parse(await control('/api/v1/sessions', ...json(body))) as ReserveAnswer;
  }

  const redeem = ({ name, redeemSecret }: ReserveAnswer, port: number) =>
    control(
      `/api/v1/sessions/${name}/redeem`,
      ...json({ port }, '-H', `Authorization: Bearer ${redeemSecret}`),
    );

  const watch = ({ name }: { name: string }, watching?: Watching, path = `/lab?token=${TOKEN}`) =>
    watchPage(browser, `https://${name}.${proxy.endpoint}${path}`, watching);

  /**
   * Stands for Jupyter: answers every request with a page that has this title. A plain one keeps its connections, as the
   * proxy's tether needs it; the other closes each.
   */
  async function serve(plain: boolean, port = 0, onRequest: () => void = () => undefined) {
    const body = '<title>Jupyter</title>';
    const answer = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n`;
    const talk = (socket: Socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => {
        onRequest();
        if (plain) socket.write(`${answer}\r\n${body}`);
        else socket.end(`${answer}Connection: close\r\n\r\n${body}`);
      });
    };
    const server = plain
      ? createPlainServer(talk)
      : createTlsServer({ cert: certificate.certificatePem, key: certificate.keyPem }, talk);
    servers.push(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  test('the button is reached, pressed and released by the keyboard alone', async () => {
    const watched = await watch(await reserve());
    const { page } = watched;
    await browser.context.grantPermissions(['notifications'], { origin: new URL(page.url()).origin });
    const bell = page.getByRole('button', { name: 'Tell me when it is ready', exact: true });
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('bell');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    for (const [key, pressed] of [
      ['Enter', 'true'],
      ['Space', 'false'],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => bell.getAttribute('aria-pressed')).toBe(pressed);
    }
    await watched.expectAccessible();
    expect(await watched.complaints()).toEqual([]);
  });

  test('there is no button where notifications are refused', async () => {
    const session = await reserve();
    const origin = `https://${session.name}.${proxy.endpoint}`;
    const watched = await watch(session, {
      prepare: async (_page, tools) => {
        const permission = { name: 'notifications' };
        await tools.send('Browser.setPermission', { permission, setting: 'denied', origin });
      },
    });
    await watched.says('Your job is waiting');
    expect(await watched.page.getByRole('button').count()).toBe(0);
  });

  test('a reader who is elsewhere is told once, and finds the notebook when coming back', async () => {
    const session = await reserve();
    const watched = await watch(session);
    const { page } = watched;
    await browser.context.grantPermissions(['notifications'], { origin: new URL(page.url()).origin });
    // Chromium's own class, with a note of what was shown.
    await page.evaluate(`
      globalThis.notified = [];
      globalThis.Notification = class extends Notification {
        constructor(title, options) {
          super(title, options);
          this.onshow = () => notified.push(title);
        }
      };
    `);
    await page.getByRole('button').click();
    await watched.hide(true);
    const { port } = await serve(false);
    await redeem(session, port);
    await expect
      .poll(() => page.evaluate('notified'), { timeout: MINUTE })
      .toEqual(['Your notebook is ready']);
    expect([await page.title(), watched.opened()]).toEqual(['Your notebook is ready', 1]);
    await watched.hide(false);
    await watched.says('Jupyter');
  });

  test('a notebook that is there and not there is opened once, and then by the reader', async () => {
    const session = await reserve();
    const first = await serve(false);
    await redeem(session, first.port);
    first.server.close();
    const watched = await watch(session);
    const there = () => serve(false, first.port);
    /** It answers the page's look, and is gone when the page goes there. */
    const thereForALook = async () => {
      const { server } = await serve(false, first.port, () => server.close());
    };
    await watched.says('Your notebook does not answer');
    await thereForALook();
    await expect.poll(() => watched.opened(), { timeout: MINUTE }).toBe(2);
    await watched.says('Your notebook does not answer');
    await thereForALook();
    await watched.says('Your notebook is ready', 'It did not open by itself.');
    await watched.expectAccessible();
    expect(watched.opened()).toBe(2);
    await there();
    await watched.page.getByRole('button', { name: 'Open the notebook' }).press('Enter');
    await watched.says('Jupyter');
    expect(watched.opened()).toBe(3);
  });

  test('looks are seldom in the long run, at once when the reader comes back, and end after a day', async () => {
    const session = await reserve();
    // Its clock is the whole browser's.
    const slow = await startBrowser([proxy.caFile]);
    browsers.push(slow);
    const url = `https://${session.name}.${proxy.endpoint}/lab?token=${TOKEN}`;
    const watched = await watchPage(slow, url, { prepare: (page) => page.clock.install() });
    const { clock } = watched.page;
    const looks = () => watched.asked.filter((url) => url.endsWith('/api')).length;
    /** What was started at a moment of the stopped clock comes to its end in the world's own time. */
    const settled = async (): Promise<number> => {
      const before = looks();
      await watched.page.waitForTimeout(500);
      return looks() === before ? before : settled();
    };
    await clock.pauseAt(Date.now() + MINUTE);
    await settled();
    await clock.fastForward(20 * MINUTE);
    const seen = await settled();
    await clock.fastForward(11_900);
    expect(await settled()).toBe(seen);
    await clock.fastForward(6_200);
    expect(await settled()).toBe(seen + 1);

    await watched.hide(true);
    await clock.fastForward(18_100);
    expect(await settled()).toBe(seen + 2);
    // Hidden, twice as long.
    await clock.fastForward(23_900);
    expect(await settled()).toBe(seen + 2);
    await watched.hide(false);
    expect(await settled()).toBe(seen + 3);

    await clock.fastForward(24 * 60 * MINUTE);
    await watched.says('This page has stopped looking');
    const last = await settled();
    await clock.fastForward(60 * MINUTE);
    expect(await settled()).toBe(last);
    await clock.resume();
    await watched.expectAccessible();
    await watched.page.getByRole('button', { name: 'Look again' }).press('Enter');
    await watched.says('Your job is waiting');
    expect(await watched.complaints()).toEqual([]);
  });

  test('offline it keeps what is known and says so, and goes on by itself', async () => {
    const watched = await watch(await reserve());
    await watched.says('Your job is waiting');
    await browser.context.setOffline(true);
    await watched.says('Your job is waiting', 'There has been no connection since');
    await browser.context.setOffline(false);
    await expect
      .poll(() => watched.text(), { timeout: MINUTE })
      .not.toContain('There has been no connection');
    expect(await watched.page.title()).toBe('Your job is waiting');
  });

  test('a screen reader hears each change once', async () => {
    const session = await reserve();
    const watched = await watch(session);
    await watched.page.evaluate(`
      globalThis.heard = 0;
      new MutationObserver(() => heard++).observe(document.querySelector('[aria-live]'),
        { subtree: true, childList: true, characterData: true });
    `);
    const looks = () => watched.asked.filter((url) => url.endsWith('/api')).length;
    await expect.poll(looks, { timeout: MINUTE }).toBeGreaterThan(3);
    expect(await watched.page.evaluate('heard')).toBe(0);
    await control(
      `/api/v1/sessions/${session.name}`,
      '-X',
      'DELETE',
      '-H',
      `Authorization: Bearer ${session.redeemSecret}`,
    );
    await watched.says('This notebook has ended');
    expect(await watched.page.evaluate('heard')).toBe(1);
    expect(await watched.page.locator('[aria-live], [role=status], [role=alert]').count()).toBe(1);
  });

  test('without JavaScript it says so', async () => {
    const watched = await watch(await reserve(), {
      prepare: async (_page, tools) => {
        await tools.send('Emulation.setScriptExecutionDisabled', { value: true });
      },
    });
    await watched.says('Your job is waiting', 'JavaScript is off in this browser');
    await watched.page.getByRole('link', { name: 'look again' }).click();
    await expect.poll(() => watched.opened()).toBe(2);
    // The link is still complete.
    await watched.says('Your job is waiting');
    expect(watched.page.url()).toContain(`token=${TOKEN}`);
  });

  test('a classic session shows its states to anybody, and is used up when it was given back', async () => {
    const getLink = async () => (await control('/getlink.cgi')).split('\n')[1] ?? '';
    const name = await getLink();
    const given = await getLink();
    const [watched, other] = [await watch({ name }, {}, '/'), await watch({ name: given }, {}, '/')];
    await watched.says('Waiting for your job', 'opened without the complete link');
    await control(`/destroytoken.cgi?token=${given}`);
    await other.says('This link is used up');
    await other.expectAccessible();

    // A port on which nobody listens yet.
    const { server, port } = await serve(true);
    server.close();
    await once(server, 'close');
    await control(`/redeemtoken.cgi?token=${name}&port=${port}`);
    await watched.says('Your notebook is starting');
    await watched.expectAccessible();
    await serve(true, port);
    await watched.says('Jupyter');
    expect(watched.opened()).toBe(2);
  });
});
