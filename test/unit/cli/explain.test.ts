import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/cli/explain.js';
import { StartJupyterError } from '../../../src/errors.js';
import { fakeHost } from './host.js';

async function explained(
  error: unknown,
  facts: { json?: boolean; terminal?: boolean; env?: NodeJS.ProcessEnv } = {},
) {
  const { json = false, ...rest } = facts;
  const host = fakeHost(rest);
  const status = await explain(error, host, { json });
  await new Promise(setImmediate);
  expect(host.stdout.text).toBe('');
  return { status, text: host.stderr.text };
}

const refused = new StartJupyterError('scheduler-refused', 'Slurm refused the job', {
  detail: 'sbatch: error: Invalid account\nsbatch: error: Batch job submission failed\n',
  hint: 'Choose an account with -A NAME.',
});

describe('an error for a person', () => {
  it('is a sentence, what the other program said, and what to do', async () => {
    expect(await explained(refused)).toEqual({
      status: 6,
      text: `start-jupyter: Slurm refused the job.
  | sbatch: error: Invalid account
  | sbatch: error: Batch job submission failed
Choose an account with -A NAME.
`,
    });
  });

  it.each(['It failed', 'It failed.', 'Did it fail?', 'It failed!', ' It failed\n'])(
    'ends as a sentence does: %j',
    async (message) => {
      const { text } = await explained(new StartJupyterError('bad-option', message));
      expect(text).toMatch(/^start-jupyter: (It|Did it) fail(ed)?[.?!]\n$/);
    },
  );

  it('has no empty lines for what was not said', async () => {
    const { text } = await explained(new StartJupyterError('bad-option', 'No.', { detail: ' \n' }));
    expect(text).toBe('start-jupyter: No.\n');
  });

  it('does nothing to the terminal, whoever said a part of it', async () => {
    const error = new StartJupyterError('proxy-refused', 'It refused: \x1b[2J\x1b[Hgone.', {
      detail: 'one\r\n\ttwo \x1b]52;c;cm0gLXJm\x07',
      hint: 'Try \x9b5n.',
    });
    expect((await explained(error)).text).toBe(
      'start-jupyter: It refused: \\x1b[2J\\x1b[Hgone.\n  | one\n  | \ttwo \\x1b]52;c;cm0gLXJm\\x07\nTry \\u009b5n.\n',
    );
  });

  it('is red where there are colours', async () => {
    expect((await explained(refused, { terminal: true })).text).toContain('\x1b[31mstart-jupyter:\x1b[39m');
    expect((await explained(refused, { terminal: true, env: { NO_COLOR: '1' } })).text).not.toContain('\x1b');
  });
});

describe('an error for a program', () => {
  it('is one object on one line', async () => {
    const { status, text } = await explained(refused, { json: true, terminal: true });
    expect(status).toBe(6);
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.trim()).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({
      version: 1,
      error: {
        code: 'scheduler-refused',
        message: 'Slurm refused the job.',
        hint: 'Choose an account with -A NAME.',
        detail: refused.detail,
      },
    });
  });

  it('always has a hint, if only null', async () => {
    const { text } = await explained(new StartJupyterError('interrupted', 'Interrupted.'), { json: true });
    expect(text).toBe('{"version":1,"error":{"code":"interrupted","message":"Interrupted.","hint":null}}\n');
  });
});

describe('what should not happen', () => {
  it.each([new TypeError('x is not a function'), 'a text', undefined, null])(
    'is %s: status 1',
    async (error) => {
      const { status, text } = await explained(error);
      expect(status).toBe(1);
      expect(text).toMatch(/^start-jupyter: Something happened that should not\.\n {2}\| /);
      expect(text).toContain('Please report it');
    },
  );

  it('shows where it happened', async () => {
    expect((await explained(new Error('boom'))).text).toMatch(/\| Error: boom\n.*explain\.test\.ts/);
  });
});
