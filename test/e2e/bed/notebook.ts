/** A person in front of Notebook 6, Notebook 7 or JupyterLab 4: makes a notebook, types into a cell, reads the result. */
import type { Page } from 'playwright-core';
import { until } from './processes.js';

export type Interface = 'notebook6' | 'notebook7' | 'lab';

const WAIT_MS = 60_000;

const MARKS: Record<Interface, string> = {
  notebook6: '#notebook_list',
  notebook7: '.jp-TreePanel',
  // A notebook that was open last time is opened again, in place of the launcher.
  lab: '.jp-LabShell .jp-Launcher, .jp-LabShell .jp-NotebookPanel',
};

/** Which interface a page shows, once it is loaded: waiting pages before it are waited out. */
export async function interfaceOf(page: Page, limitMs = WAIT_MS): Promise<Interface> {
  await page.waitForSelector(Object.values(MARKS).join(', '), { timeout: limitMs, state: 'attached' });
  for (const [kind, mark] of Object.entries(MARKS)) {
    if ((await page.locator(mark).count()) > 0) return kind as Interface;
  }
  throw new Error(`${page.url()} changed while it was looked at`);
}

/**
 * Makes a new Python 3 notebook by the interface's own buttons, runs one cell and returns the text of its result, with
 * the page that shows the notebook (Notebook 6 and 7 open a tab of its own).
 */
export async function runCell(page: Page, code: string): Promise<{ result: string; page: Page }> {
  const kind = await interfaceOf(page);
  if (kind === 'notebook6') return runInNotebook6(await newNotebook6(page), code);
  const notebook = kind === 'lab' ? await newLabNotebook(page) : await newNotebook7(page);
  return runInJupyterLab(notebook, code);
}

async function newNotebook6(tree: Page): Promise<Page> {
  await tree.click('#new-dropdown-button, #new-buttons > button', { timeout: WAIT_MS });
  const opened = tree.context().waitForEvent('page', { timeout: WAIT_MS });
  await tree.click('#kernel-python3 a', { timeout: WAIT_MS });
  return opened;
}

async function runInNotebook6(page: Page, code: string) {
  await page.waitForSelector('.kernel_idle_icon', { state: 'attached', timeout: WAIT_MS });
  await page.click('.code_cell .CodeMirror', { timeout: WAIT_MS });
  await page.keyboard.insertText(code);
  await page.keyboard.press('Shift+Enter');
  const output = page.locator('.code_cell .output_result pre').first();
  return { result: (await output.innerText({ timeout: WAIT_MS })).trim(), page };
}

async function newNotebook7(tree: Page): Promise<Page> {
  await tree.click('.jp-FileBrowser-toolbar >> text="New"', { timeout: WAIT_MS });
  const opened = tree.context().waitForEvent('page', { timeout: WAIT_MS });
  await tree.click('.lm-Menu-item:has-text("Python 3")', { timeout: WAIT_MS });
  return opened;
}

async function newLabNotebook(page: Page): Promise<Page> {
  await page.click('.jp-FileBrowser-toolbar [data-command="launcher:create"]', { timeout: WAIT_MS });
  await page.click('.jp-LauncherCard[data-category="Notebook"]:has-text("Python 3"):visible', {
    timeout: WAIT_MS,
  });
  return page;
}

async function runInJupyterLab(page: Page, code: string) {
  const cell = page.locator('.jp-Notebook:visible .jp-CodeCell').first();
  await cell.locator('.cm-content').click({ timeout: WAIT_MS });
  await page.keyboard.insertText(code);
  // A cell that is run before the kernel is there is silently not run: its prompt stays empty.
  const accepted = await until(
    async () => {
      await cell.locator('.cm-content').click({ timeout: WAIT_MS });
      await page.keyboard.press('Shift+Enter');
      await page.waitForTimeout(500);
      const prompt = await cell.locator('.jp-InputPrompt').innerText();
      return /\[[*\d]+\]/.test(prompt) ? true : undefined;
    },
    WAIT_MS,
    500,
  );
  if (!accepted) throw new Error(`After ${WAIT_MS} ms the kernel does not take the cell`);
  const output = cell.locator('.jp-OutputArea-executeResult .jp-OutputArea-output').first();
  return { result: (await output.innerText({ timeout: WAIT_MS })).trim(), page };
}

/** Saves the notebook that the page shows, as a person does; the server writes it under the user's own umask. */
export async function save(page: Page): Promise<void> {
  const saved = page.waitForResponse(
    (response) => response.request().method() === 'PUT' && response.url().includes('/api/contents/'),
    { timeout: WAIT_MS },
  );
  await page.keyboard.press('Control+s');
  // JupyterLab asks for a better name than Untitled first.
  const rename = page.locator('.jp-Dialog .jp-mod-accept');
  await Promise.race([saved, rename.click({ timeout: WAIT_MS })]);
  const response = await saved;
  if (!response.ok()) throw new Error(`Saving the notebook: status ${response.status()}`);
}
