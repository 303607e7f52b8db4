import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openInBrowser, pageFor } from '../../../src/launched/browser.js';
import { fakePrograms, type FakePrograms } from '../scheduler/fake-programs.js';

const URL = 'https://wise-apple-photo.example.org/lab?token=sEcReT-0123';
let programs: FakePrograms;
let directory: string;

beforeEach(async () => {
  programs = await fakePrograms();
  directory = join(mkdtempSync(join(tmpdir(), 'sj-browser-')), `it's "a" $(touch x) %s;&`);
  mkdirSync(directory, { mode: 0o700 });
});

afterEach(async () => {
  await programs.remove();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

function open(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = 'linux', url = URL): Promise<void> {
  return openInBrowser({ env: { ...programs.env, ...env }, platform, random: randomBytes }, directory, url);
}

/** What it was started with; it lives on by itself, so that this may come a little later. */
async function call(name: string): Promise<{ args: string[]; env: Record<string, string> }> {
  return await vi.waitFor(async () => {
    const [first] = await programs.calls(name);
    expect(first?.args.length).toBeGreaterThan(0);
    return first!;
  });
}

describe('a browser', () => {
  it('is told the page alone: the token is in no argument and no variable', async () => {
    await programs.add('xdg-open', 'exit 0');
    await open({ DISPLAY: ':0' });
    const { args, env } = await call('xdg-open');
    expect(args).toHaveLength(1);
    expect(fileURLToPath(args[0]!)).toBe(join(directory, 'open.html'));
    expect(JSON.stringify([args, env])).not.toContain('sEcReT');
  });

  it('gets a page that its owner alone can read, and that leads on', async () => {
    await programs.add('xdg-open', 'exit 0');
    await open({ WAYLAND_DISPLAY: 'wayland-0' });
    await open({ WAYLAND_DISPLAY: 'wayland-0' });
    expect(readdirSync(directory)).toEqual(['open.html']);
    expect(statSync(join(directory, 'open.html')).mode & 0o777).toBe(0o600);
    const page = readFileSync(join(directory, 'open.html'), 'utf8');
    expect(page).toContain(`href="${URL}"`);
    expect(page).toContain('location.replace');
  });

  it('is the one that BROWSER names, with its arguments; the next where it is not there', async () => {
    await programs.add('fox', 'exit 0');
    await open({ DISPLAY: ':0', BROWSER: 'gone %s:fox --new-window %s:other' });
    expect((await call('fox')).args).toEqual(['--new-window', expect.stringMatching(/^file:\/\//)]);
  });

  it('is "open" on macOS, which needs no screen of X', async () => {
    await programs.add('open', 'exit 0');
    await open({}, 'darwin');
    expect((await call('open')).args).toEqual([expect.stringMatching(/^file:\/\/.*\/open\.html$/)]);
  });

  it('is not waited for', async () => {
    await programs.add('xdg-open', 'exec /bin/sleep 3');
    const before = performance.now();
    await open({ DISPLAY: ':0' });
    expect(performance.now() - before).toBeLessThan(2800);
  });
});

describe('without a browser', () => {
  const noBrowser = (message: RegExp): object =>
    expect.objectContaining({
      code: 'no-browser',
      exitCode: 4,
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('your own computer') as string,
    }) as object;

  it('where there is no screen nothing is started, and no page is left', async () => {
    await programs.add('xdg-open', 'exit 0');
    await expect(open({ BROWSER: 'xdg-open' })).rejects.toEqual(noBrowser(/no browser on this machine/));
    expect([await programs.calls('xdg-open'), readdirSync(directory)]).toEqual([[], []]);
  });

  it('that can be started it is said why', async () => {
    await programs.add('fox', 'exit 3');
    await expect(open({ DISPLAY: ':0', BROWSER: 'fox' })).rejects.toEqual(
      noBrowser(/\(fox ended with status 3, xdg-open was not found\)/),
    );
  });

  it('a link that is none is not opened', async () => {
    await expect(open({ DISPLAY: ':0' }, 'linux', 'javascript:alert(1)')).rejects.toMatchObject({
      code: 'no-browser',
    });
  });
});

it('the page holds nothing but the link, whatever the link holds', () => {
  const page = pageFor(`https://x.org/?token="><script>alert('1')</script>&a=1`);
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain(
    'href="https://x.org/?token=&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;a=1"',
  );
});
