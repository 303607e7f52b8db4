import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionOf, sshCommand } from '../../../src/launched/connect.js';
import { parseReady } from '../../../src/launched/ready-file.js';
import type { SessionRecord } from '../../../src/session/record.js';

const SOCKET = '/tmp/sj-aB3dE5gH/jupyter.sock';
const user = 'ada';

describe('the ssh command', () => {
  it.each([
    [
      'to a socket behind the login host',
      { host: 'login.example.org', node: 'n1', target: SOCKET },
      `ssh -N -o ExitOnForwardFailure=yes -J ada@login.example.org -L 127.0.0.1:9000:${SOCKET} ada@n1`,
    ],
    [
      'to loopback behind a login host with a port of its own',
      { host: 'login.example.org:2222', node: 'n1', target: '127.0.0.1:20001' },
      'ssh -N -o ExitOnForwardFailure=yes -J ada@login.example.org:2222 -L 127.0.0.1:9000:127.0.0.1:20001 ada@n1',
    ],
    [
      'to an address that the login host reaches',
      { host: 'login.example.org:2222', target: 'n1.eth.cluster:20001' },
      'ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:9000:n1.eth.cluster:20001 -p 2222 ada@login.example.org',
    ],
  ])('%s', (_what, facts, command) => {
    expect(sshCommand({ user, localPort: 9000, ...facts })).toBe(command);
    // No shell of any system has to be told to leave it as it is.
    expect(command).toMatch(/^[\w@:./= -]+$/);
  });

  it('has quotes around a name that shells would change', () => {
    const command = sshCommand({ user: 'LAB\\ada', host: 'login', localPort: 9000, target: SOCKET });
    expect(command).toMatch(/ "LAB\\ada@login"$/);
  });

  it
    .skipIf(!existsSync('/bin/bash'))
    .each([
      'ada',
      'NODE7$',
      'LAB\\ada',
      'LAB\\Ada Lovelace',
      'ada@example.org',
      'a`id`',
      '$(id)',
      "O'Hara$HOME",
      'a!b"c',
      'ada; id #',
    ])('is no other command in a shell, whatever an account is called: %s', (name) => {
    const command = sshCommand({ user: name, host: 'login', node: 'n1', localPort: 9000, target: SOCKET });
    const words = execFileSync('/bin/bash', ['-c', `printf '%s\\n' ${command}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(words.trimEnd().split('\n').slice(-4)).toEqual([
      `${name}@login`,
      '-L',
      `127.0.0.1:9000:${SOCKET}`,
      `${name}@n1`,
    ]);
  });

  it.skipIf(!existsSync('/usr/bin/ssh')).each([
    { host: 'login.example.org:2222', node: 'n1', target: SOCKET, forward: SOCKET },
    { host: 'login.example.org:2222', target: '127.0.0.1:20001', forward: '[127.0.0.1]:20001' },
  ])('is read by ssh as it is meant: $target', ({ forward, ...facts }) => {
    const [program = '', ...words] = sshCommand({ user, localPort: 9000, ...facts }).split(' ');
    const read = execFileSync(program, ['-G', '-F', 'none', ...words], { encoding: 'utf8' });
    expect(read).toMatch(/^user ada$/m);
    expect(read).toMatch(/^exitonforwardfailure yes$/m);
    expect(read).toContain(`\nlocalforward [127.0.0.1]:9000 ${forward}\n`);
    if ('node' in facts) expect(read).toMatch(/^hostname n1\n[^]*^proxyjump ada@login.example.org:2222$/m);
    else expect(read).toMatch(/^hostname login.example.org\nport 2222$/m);
  });
});

const ready = (facts: object) => JSON.stringify({ node: 'n1', address: '127.0.0.1', port: 20001, ...facts });

describe('what the job says of itself', () => {
  it.each([
    [
      { way: 'socket', port: 0, socket: SOCKET },
      { way: 'socket', target: SOCKET },
    ],
    [
      { way: 'loopback', socket: '' },
      { way: 'loopback', target: '127.0.0.1:20001' },
    ],
    [
      { way: 'address', address: '0.0.0.0' },
      { way: 'address', target: 'n1:20001' },
    ],
    [
      { way: 'address', address: 'n1.eth' },
      { way: 'address', target: 'n1.eth:20001' },
    ],
  ])('%j', (facts, read) => {
    expect(parseReady(ready(facts))).toEqual({ node: 'n1', ...read });
  });

  it.each([
    ['', 'nothing'],
    ['[]', 'no object'],
    [ready({}), 'without a way'],
    [ready({ way: 'teleport' }), 'another way'],
    [ready({ way: 'loopback', port: 'x' }), 'no port'],
    [ready({ way: 'loopback', port: 70000 }), 'no such port'],
    [ready({ way: 'loopback', node: 'n1; id' }), 'no node'],
    [ready({ way: 'loopback', node: '-oProxyCommand=id' }), 'an option'],
    [ready({ way: 'socket', socket: '/tmp/$(id)' }), 'a path that a shell would change'],
    [ready({ way: 'socket', socket: 'jupyter.sock' }), 'a path from nowhere'],
  ])('is not %s (%s)', (json) => {
    expect(parseReady(json)).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')('the way to a session', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sj-connect-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const file = (name: string, text: string) => writeFile(join(directory, name), text);
  const connection = (facts: Partial<SessionRecord> = {}, localPort?: number) => {
    const record = { server: 'jupyterlab', localPort: 23456, sshHost: 'login.example.org', ...facts };
    return connectionOf({ record: record as SessionRecord, directory }, localPort, user);
  };

  it('is not there before the job has said where it is', async () => {
    await file('token', 'secret');
    expect(await connection()).toBeUndefined();
  });

  it('is plain inside the tunnel for a socket and for loopback', async () => {
    await file('token', 'secret');
    await file('ready.json', ready({ way: 'socket', socket: SOCKET }));
    expect(await connection()).toEqual({
      ...{ way: 'socket', node: 'n1', host: 'login.example.org', jumps: true, localPort: 23456 },
      command: `ssh -N -o ExitOnForwardFailure=yes -J ada@login.example.org -L 127.0.0.1:23456:${SOCKET} ada@n1`,
      url: 'http://localhost:23456/lab?token=secret',
    });
    await file('ready.json', ready({ way: 'loopback' }));
    expect(await connection({ server: 'notebook' }, 9000)).toMatchObject({
      command: expect.stringContaining(' -L 127.0.0.1:9000:127.0.0.1:20001 ada@n1') as string,
      url: 'http://localhost:9000/tree?token=secret',
    });
  });

  it('has TLS as far as the browser where it goes over a network behind ssh', async () => {
    await file('token', 'secret');
    await file('ready.json', ready({ way: 'address', address: '0.0.0.0' }));
    expect(await connection()).toMatchObject({
      jumps: false,
      command: 'ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:23456:n1:20001 ada@login.example.org',
      url: 'https://localhost:23456/lab?token=secret',
      certificate: join(directory, 'certificate.pem'),
    });
  });

  it('takes no jump to the very host that ssh logs in to', async () => {
    await file('token', 'secret');
    await file('ready.json', ready({ way: 'loopback', node: 'login' }));
    expect((await connection())?.command).toBe(
      'ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:23456:127.0.0.1:20001 ada@login.example.org',
    );
  });

  it('jumps to a node whose name is the first part of an address', async () => {
    await file('token', 'secret');
    await file('ready.json', ready({ way: 'loopback', node: '10' }));
    expect(await connection({ sshHost: '10.1.2.3' })).toMatchObject({ jumps: true });
    await file('ready.json', ready({ way: 'loopback', node: '10.1.2.3' }));
    expect(await connection({ sshHost: '10.1.2.3:22' })).toMatchObject({ jumps: false });
  });

  it.each(['', 'a b', 'x\x1b[31m', 'x&y', '$(id)', 'two\nlines'])(
    'has no link with the token %j',
    async (text) => {
      await file('token', text);
      await file('ready.json', ready({ way: 'loopback' }));
      await expect(connection()).rejects.toMatchObject({ code: 'bad-record' });
    },
  );

  it('is gone with the token, and is not guessed from what cannot be read', async () => {
    await file('ready.json', ready({ way: 'loopback' }));
    await expect(connection()).rejects.toMatchObject({ code: 'session-ended' });
    await file('ready.json', ready({ way: 'loopback', node: '-oProxyCommand=id' }));
    await expect(connection()).rejects.toMatchObject({ code: 'bad-record' });
  });
});
