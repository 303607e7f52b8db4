/** What a web page can try against another origin, run in a real page; each says what the page itself gets to know. */
import type { Page } from 'playwright-core';

/** What of a page's own world is used here; the types of this project are Node's. */
declare const document: {
  cookie: string;
  body: { append: (element: Frame) => void };
  createElement: (kind: 'iframe') => Frame;
};

interface Frame {
  src: string;
  onload: () => void;
}

/** A request with the person's cookies: `TYPE STATUS`, or `refused` when the browser does not let the page see an answer. */
export function fetchFrom(page: Page, url: string, init: RequestInit = {}): Promise<string> {
  return page.evaluate(
    async ([address, options]) => {
      try {
        const answer = await fetch(address, { credentials: 'include', ...options });
        return `${answer.type} ${answer.status}`;
      } catch {
        return 'refused';
      }
    },
    [url, init] as const,
  );
}

/** The least that a page can send without being asked for leave: its answer is hidden, its effect is not. */
export function postFrom(page: Page, url: string): Promise<string> {
  return fetchFrom(page, url, { method: 'POST', mode: 'no-cors', body: '{}' });
}

export function openSocketFrom(page: Page, url: string): Promise<'open' | 'refused'> {
  return page.evaluate(
    (address) =>
      new Promise((resolve) => {
        const socket = new WebSocket(address);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      }),
    url.replace(/^https/, 'wss'),
  );
}

/** Resolves when the frame has loaded what it could. */
export function frameFrom(page: Page, url: string): Promise<void> {
  return page.evaluate(
    (address) =>
      new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.src = address;
        frame.onload = () => resolve();
        document.body.append(frame);
      }),
    url,
  );
}

/** `NAME=VALUE` with its attributes, each one set for itself. */
export function setCookies(page: Page, cookies: readonly string[]): Promise<void> {
  return page.evaluate((all) => {
    for (const cookie of all) document.cookie = cookie;
  }, cookies);
}
