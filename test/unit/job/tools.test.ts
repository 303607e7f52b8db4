import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startControl } from './control.js';
import { canRunJobs, type JobSession, makeSession, type SessionOptions } from './session.js';

const haveAll = canRunJobs && ['/usr/bin/wget', '/usr/bin/strace'].every((program) => existsSync(program));
const STRACE = ['/usr/bin/strace', '-f', '-v', '-e', 'trace=execve', '-s', '100000', '-o'];

/** wget cannot be told an address, so the proxy has a name that every resolver knows. */
const KNOWN_NAME = { sj_manage_host: 'localhost', sj_connect_address: '' };

async function recordedJob(
  options: Partial<SessionOptions>,
  check: (session: JobSession, calls: string[], log: string) => Promise<void> | void,
): Promise<void> {
  const control = await startControl();
  if (options.behaviour === 'refused')
    control.answer = () => ({ status: 404, body: '{"code":"unknown-session"}' });
  const session = await makeSession({ control, ...options });
  const trace = join(session.place, 'trace');
  try {
    const job = session.start([...STRACE, trace]);
    const ended = await Promise.race([
      job.said('is mapped to this node').then(() => false),
      job.ended.then(() => true),
    ]);
    if (!ended) job.terminate();
    await job.ended;
    const calls = (await readFile(trace, 'utf8')).split('\n').filter((line) => line.includes('execve('));
    await check(session, calls, job.log());
    expect(control.calls.map(({ method }) => method).filter((method) => method !== 'POST')).toHaveLength(
      options.protocol === 'classic' && !options.behaviour ? 2 : 1,
    );
  } finally {
    await session.remove();
    await control.close();
  }
}

function programs(calls: readonly string[]): string[] {
  return [...new Set(calls.map((call) => /execve\("[^"]*\/([^/"]+)"/.exec(call)?.[1] ?? '?'))];
}

function expectNoSecrets(calls: readonly string[], { token, redeemSecret, key }: JobSession): void {
  expect(calls.length).toBeGreaterThan(3);
  const secrets = [
    token,
    redeemSecret,
    ...key.split('\n').filter((line) => line.length > 20 && !line.startsWith('-')),
  ];
  for (const secret of secrets) {
    expect(calls.filter((call) => call.includes(secret))).toEqual([]);
  }
}

describe.skipIf(!haveAll)('HTTP with the tools of the node', () => {
  const tools = [
    { tool: 'curl', there: ['curl', 'wget', 'python3'], not: ['wget', 'request.py'] },
    { tool: 'wget', there: ['wget', 'python3'], not: ['curl', 'request.py'] },
    { tool: 'python3', there: ['python3'], not: ['curl', 'wget'] },
  ];

  it.concurrent.each(
    tools.flatMap((tool) => (['v1', 'classic'] as const).map((protocol) => ({ ...tool, protocol }))),
  )(
    '$tool, $protocol: redeems and destroys, and no program is given a secret',
    async ({ tool, there, not, protocol }) => {
      await recordedJob({ protocol, tools: there, settings: KNOWN_NAME }, (session, calls, log) => {
        expect(log).toContain('is mapped to this node');
        expect(programs(calls)).toContain(tool);
        for (const other of not) expect(calls.filter((call) => call.includes(`/${other}"`))).toEqual([]);
        expectNoSecrets(calls, session);
        // A classic name is the credential: it may not be seen either. It is in no file name here.
        expect(calls.filter((call) => call.includes('three-old-words'))).toEqual([]);
      });
    },
  );

  it.concurrent('python3 goes to the address that the settings give for a name', async () => {
    await recordedJob({ tools: ['wget', 'python3'] }, (_, calls, log) => {
      expect(log).toContain('is mapped to this node');
      expect(calls.some((call) => call.includes('request.py'))).toBe(true);
    });
  });

  it.concurrent('a curl and a wget that cannot do it give way', async () => {
    const control = await startControl();
    const session = await makeSession({ control, tools: ['python3'], settings: KNOWN_NAME });
    const broken = (status: number) => `#!/bin/bash\necho broken >&2\nexit ${status}\n`;
    await writeFile(join(session.place, 'tools', 'curl'), broken(127), { mode: 0o755 });
    await writeFile(join(session.place, 'tools', 'wget'), broken(0), { mode: 0o755 });
    const job = session.start();
    try {
      await job.said('is mapped to this node');
    } finally {
      job.terminate();
      await job.ended;
      await session.remove();
      await control.close();
    }
  });

  it.concurrent('says so when no tool is there', async () => {
    const control = await startControl();
    const session = await makeSession({ control, tools: [] });
    try {
      const job = session.start();
      expect(await job.ended).toBe(1);
      expect(await session.read('outcome')).toMatch(/neither curl, wget nor python3 on this node/);
      expect(session.secretsLeft()).toEqual([]);
    } finally {
      await session.remove();
      await control.close();
    }
  });

  it.concurrent.each([
    { what: 'a refused redeem', behaviour: 'refused' },
    { what: 'a Jupyter that dies', behaviour: 'dies' },
  ])('no program is given a secret on the way out of $what', async ({ behaviour }) => {
    await recordedJob({ behaviour }, (session, calls, log) => {
      expect(log).toContain('start-jupyter: failed: ');
      expectNoSecrets(calls, session);
    });
  });

  it.concurrent(
    'a template that traces, exports everything and stops at errors changes nothing of that',
    async () => {
      const commands = 'set -aeuxo pipefail\nexport sj_token=1 sj_secret=1 sj_authorization=1 TRACED=yes';
      await recordedJob({ commands }, (session, calls, log) => {
        expect(log).toContain('+ export sj_token');
        expect(log).toContain('is mapped to this node');
        expect(log).not.toContain(session.token);
        expect(log).not.toContain(session.redeemSecret);
        expectNoSecrets(calls, session);
      });
    },
  );
});

describe.skipIf(!canRunJobs)('what a proxy says instead of HTTP', () => {
  it.concurrent('cannot drive the terminal that shows the log', async () => {
    const control = await startControl();
    control.answer = () => ({ raw: 'HTTP\x1b]0;title\x07\x1b[2J 200 \x1b[1m\r\n\r\n' });
    const session = await makeSession({ control, tools: ['python3'], limits: { sj_redeem_seconds: 0 } });
    try {
      const job = session.start();
      await job.ended;
      expect(await session.read('outcome')).toMatch(/^failed: the proxy .* could not be asked/);
      expect(job.log() + (await session.read('outcome'))).not.toMatch(/[^\P{Cc}\n]/u);
    } finally {
      await session.remove();
      await control.close();
    }
  });
});
