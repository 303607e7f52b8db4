import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConsole } from '../../../src/cli/console.js';
import { createContext } from '../../../src/cli/context.js';
import { afterSshLaunch } from '../../../src/cli/ssh-lines.js';
import { knownSessions } from '../../../src/launched/known-sessions.js';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

describe.skipIf(process.platform === 'win32')('after a launch with ssh', () => {
  it.each([
    [true, /^Warning: --open has no effect with ssh: .*\nHow to get there is known /],
    [false, /^How to get there is known /],
  ])('a browser that is to be opened here (%j) is spoken of', async (open, says) => {
    await cluster.add({ jobId: '4711', state: 'PENDING', record: { connect: 'ssh' } });
    const host = fakeHost({ env: cluster.env });
    const console = await createConsole(host, {});
    const context = createContext(host, console);
    const session = (await knownSessions(context)).sessions[0];
    if (session === undefined) throw new Error('there is no session');
    const after = { wait: 'no', timeoutFrom: '--timeout', open } as const;
    await afterSshLaunch(session, after, { noWait: true, result: {} }, { context, console, flags: {}, host });
    expect(host.stderr.text).toMatch(says);
  });

  it('it is said how to see the way again, and how to end it', async () => {
    const ready = { node: 'n1', port: 5000, way: 'loopback' };
    const files = { 'ready.json': JSON.stringify(ready), token: 'secret' };
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: { connect: 'ssh', host: 'a.b' }, files });
    const host = fakeHost({ env: cluster.env });
    const console = await createConsole(host, {});
    const context = createContext(host, console);
    const session = (await knownSessions(context)).sessions[0];
    if (session === undefined) throw new Error('there is no session');
    const after = { wait: 'asked', timeoutFrom: '--timeout', open: false } as const;
    await afterSshLaunch(
      session,
      after,
      { noWait: false, result: {} },
      { context, console, flags: {}, host },
    );
    expect(host.stderr.text).toMatch(
      /\nTo see this again: start-jupyter connect 4711\nTo end it early: start-jupyter stop 4711\n/,
    );
  });
});
