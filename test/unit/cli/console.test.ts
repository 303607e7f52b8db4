import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createConsole } from '../../../src/cli/console.js';
import { fakeHost, type FakeHost } from './host.js';

const ESC = '\x1b[';
const colours = /\x1b\[[0-9;]*m/;

// As on a terminal of the process's own: the spinner asks there, and only once.
beforeAll(() => void vi.stubEnv('FORCE_COLOR', '1'));

async function story(host: FakeHost, options: Parameters<typeof createConsole>[1] = {}) {
  const console = await createConsole(host, options);
  console.doing('Looking');
  console.fact('System', 'hpc');
  console.say('A sentence.');
  console.doing('Reserving');
  console.warn('Careful.');
  console.info(['Scheduler', 'slurm']);
  console.doing('Submitting');
  await console.result('https://x/\n');
  console.rest();
  await new Promise(setImmediate);
  return { stdout: host.stdout.text, stderr: host.stderr.text };
}

describe('without a terminal', () => {
  it('everything but the result is a plain line on stderr', async () => {
    const { stdout, stderr } = await story(fakeHost());
    expect(stdout).toBe('https://x/\n');
    expect(stderr.split('\n')).toEqual([
      ...['Looking ...', 'System: hpc', 'A sentence.', 'Reserving ...', 'Warning: Careful.'],
      ...['Scheduler: slurm', 'Submitting ...', ''],
    ]);
  });

  it('quiet leaves warnings, and information that was asked for', async () => {
    const { stdout, stderr } = await story(fakeHost(), { quiet: true });
    expect(stdout).toBe('https://x/\n');
    expect(stderr).toBe('Warning: Careful.\nScheduler: slurm\n');
  });

  it('JSON keeps everything for the one object at the end', async () => {
    const host = fakeHost();
    expect((await story(host, { json: true })).stderr).toBe('');
    expect(host.held).toEqual({ warnings: ['Careful.'], info: { Scheduler: 'slurm' } });
  });

  it('says when the result cannot be written', async () => {
    const host = fakeHost();
    host.stdout.write = ((_text: string, done: (error: Error) => void) => {
      done(new Error('ENOSPC'));
      return false;
    }) as typeof host.stdout.write;
    const console = await createConsole(host, {});
    await expect(console.result('https://x/')).rejects.toMatchObject({ code: 'no-output', exitCode: 1 });
  });

  it('a path with a line break stays on its line', async () => {
    const host = fakeHost();
    const console = await createConsole(host, {});
    console.fact('Directory', '/home/a\nSystem: \x1b[31mevil');
    await new Promise(setImmediate);
    expect(host.stderr.text).toBe('Directory: /home/a\\x0aSystem: \\x1b[31mevil\n');
  });

  it('what others say cannot drive the terminal, and keeps its lines', async () => {
    const host = fakeHost();
    const console = await createConsole(host, {});
    console.doing('Looking into the image \x1b[2Ja\nb');
    console.say('Read this:\n\tthe \x1b]0;title\x07 news');
    console.warn('The proxy refused: \x1b[2J\rno\x9b1m');
    await new Promise(setImmediate);
    expect(host.stderr.text).toBe(
      'Looking into the image \\x1b[2Ja\\x0ab ...\nRead this:\n\tthe \\x1b]0;title\\x07 news\nWarning: The proxy refused: \\x1b[2J\\x0dno\\u009b1m\n',
    );
  });
});

describe('on a terminal', () => {
  it('there is a spinner, which is gone before anything else is written', async () => {
    const host = fakeHost({ terminal: true });
    const console = await createConsole(host, {});
    console.doing('Looking');
    console.doing('Reserving');
    await expect.poll(() => host.stderr.text).toContain('Reserving');
    await console.result('https://x/\n');
    const after = host.stderr.text.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(host.stderr.text).toHaveLength(after);
    // The cursor is back.
    expect(host.stderr.text).toContain(`${ESC}?25h`);
    expect(host.stdout.text).toBe('https://x/\n');
  });

  it('labels and warnings have colours', async () => {
    expect((await story(fakeHost({ terminal: true }))).stderr).toMatch(colours);
  });

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('nothing has a colour with %j', async (env) => {
    const { stderr } = await story(fakeHost({ terminal: true, env }));
    expect(stderr).not.toMatch(colours);
  });

  it('an empty NO_COLOR counts as none', async () => {
    expect((await story(fakeHost({ terminal: true, env: { NO_COLOR: '' } }))).stderr).toMatch(colours);
  });

  it.each([
    [{ env: { TERM: 'dumb' } }, {}],
    [{}, { quiet: true }],
    [{}, { json: true }],
  ])('nothing moves with %j %j', async (facts, options) => {
    const { stderr } = await story(fakeHost({ terminal: true, ...facts }), options);
    expect(stderr).not.toContain('\r');
    expect(stderr).not.toContain(`${ESC}?25l`);
  });
});
