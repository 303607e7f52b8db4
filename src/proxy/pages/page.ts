/** page.html filled in: one file for every page, its one script and one style allowed by their hashes. */
import { createHash } from 'node:crypto';
import template from './page.html';
import type { ShownView } from './view.js';
import { PAGE_WORDS } from './words.js';

/** Nothing from elsewhere, nothing inline but what page.html holds, requests to the own host alone. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src '${hashOf('script')}'`,
  `style-src '${hashOf('style')}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function renderPage(view: ShownView): string {
  const values: Record<string, string> = {
    phase: view.phase,
    title: escape(view.title),
    lines: view.lines.map((line) => `<p>${escape(line)}</p>`).join(''),
    // In a script no character but this one could end it.
    data: JSON.stringify({ view, words: PAGE_WORDS }).replaceAll('<', '\\u003c'),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_whole, name: string) => values[name] ?? '');
}

function hashOf(tag: 'script' | 'style'): string {
  const inside = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(template)?.[1] ?? '';
  return `sha256-${createHash('sha256').update(inside).digest('base64')}`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
