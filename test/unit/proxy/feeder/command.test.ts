/** The command as it is called: what it refuses, and what one round says. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../../../src/proxy/program.js';
import type { Surroundings } from '../../../../src/proxy/commands/surroundings.js';
import { tlsServer } from '../../platform/tls-server.js';
import { fakePrograms, type FakePrograms } from '../../scheduler/fake-programs.js';

const folder = mkdtempSync(join(tmpdir(), 'feed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function feed(env: NodeJS.ProcessEnv, ...args: string[]) {
  const said = { stdout: '', stderr: '' };
  const surroundings: Partial<Surroundings> = {
    stdout: (text) => void (said.stdout += text),
    stderr: (text) => void (said.stderr += text),
    folder,
    env,
    stopped: () => new Promise(() => undefined),
  };
  const code = await runProgram(['feed', ...args], surroundings as Surroundings);
  return { code, ...said };
}

describe('feed', () => {
  const TO = ['--scheduler', 'slurm', '--to', 'jupyter.test.localhost'];
  const FINE = ['--secret-file', 'secret', '--once'];
  let programs: FakePrograms;
  beforeAll(() => {
    for (const [name, text, mode] of [
      ['secret', 'a-secret\n', 0o600],
      ['open', 'a-secret\n', 0o644],
      ['empty', '\n', 0o600],
    ] as const) {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), mode);
    }
  });
  beforeEach(async () => {
    programs = await fakePrograms();
  });
  afterEach(() => programs.remove());

  it.each([
    [2, '--scheduler', ['--to', 'a.b', ...FINE]],
    [2, 'Known: slurm, torque, pbs.', ['--scheduler', 'sge', '--to', 'a.b', ...FINE]],
    [2, 'Known: slurm, torque, pbs.', ['--scheduler', 'toString', '--to', 'a.b', ...FINE]],
    [2, '--to', ['--scheduler', 'slurm', ...FINE]],
    [2, 'https://manage.DOMAIN', ['--scheduler', 'slurm', '--to', 'http://manage.a.b', ...FINE]],
    [2, '--secret-file FILE names the file', [...TO, '--once']],
    [2, 'exclude each other', [...TO, ...FINE, '--classic']],
    [2, 'a time with its unit', [...TO, '--secret-file', 'secret', '--interval', '30']],
    [2, "'--once' cannot be used with option '--interval", [...TO, ...FINE, '--interval', '30s']],
    [3, 'missing cannot be read', [...TO, '--secret-file', 'missing', '--once']],
    [3, 'every user of this machine', [...TO, '--secret-file', 'open', '--once']],
    [3, 'is empty', [...TO, '--secret-file', 'empty', '--once']],
    [3, '--ca: ', [...TO, ...FINE, '--ca', 'missing.pem']],
  ])('ends with %d and says %j', async (code, words, args) => {
    const ended = await feed(programs.env, ...args);
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) as string });
    expect(ended.stderr).not.toContain('a-secret');
  });

  it('does one round, and says that none of the jobs is there', async () => {
    await programs.add('squeue', 'true');
    const { port, ca } = await tlsServer((request, response) => {
      response.setHeader('start-jupyter-api', '1');
      if (request.headers.authorization !== 'Bearer a-secret') response.writeHead(403).end('{}');
      else if (request.method === 'PUT') response.writeHead(204).end();
      else response.end('{"jobs":["17"]}');
    });
    writeFileSync(join(folder, 'ca.pem'), ca);
    const to = ['--scheduler', 'slurm', '--to', `test.localhost:${port}`, '--ca', 'ca.pem'];
    expect(await feed(programs.env, ...to, ...FINE)).toEqual({
      code: 0,
      stdout: 'Jobs asked for: 1, in the queue: 0, reported: 1.\n',
      stderr: expect.stringContaining('PrivateData') as string,
    });
    await programs.add('squeue', 'exit 1');
    expect(await feed(programs.env, ...to, ...FINE)).toMatchObject({ code: 6, stdout: '' });
  });

  it.each(['torque', 'pbs'])(
    'does one round of %s, by the names under which the jobs are linked',
    async (name) => {
      await programs.add(
        'qstat',
        `printf 'Job Id: %s\\n    job_state = R\\n\\n' 17.head.example.org 18.head.example.org`,
      );
      const reports: unknown[] = [];
      const { port, ca } = await tlsServer((request, response) => {
        response.setHeader('start-jupyter-api', '1');
        if (request.method !== 'PUT') response.end('{"jobs":["17.head","18","19.head","17.tail"]}');
        else {
          void text(request).then((body) => {
            reports.push(JSON.parse(body));
            response.writeHead(204).end();
          });
        }
      });
      writeFileSync(join(folder, 'ca.pem'), ca);
      const to = ['--scheduler', name, '--to', `test.localhost:${port}`, '--ca', 'ca.pem'];
      expect(await feed(programs.env, ...to, ...FINE)).toEqual({
        code: 0,
        stdout: 'Jobs asked for: 4, in the queue: 2, reported: 4.\n',
        stderr: '',
      });
      const [running, unknown] = [{ state: 'running' }, { state: 'unknown' }];
      expect(reports).toEqual([
        { jobs: { '17.head': running, '18': running, '19.head': unknown, '17.tail': unknown } },
      ]);
    },
  );
});
