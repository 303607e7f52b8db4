/** Programs for PATH that print what they are told and record how they were called. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Call {
  args: string[];
  env: Record<string, string>;
}

export interface FakePrograms {
  /** A PATH on which nothing but the fakes is. */
  env: NodeJS.ProcessEnv;
  /** `body` is the rest of a bash script; `$n` in it is 1 at the first call, then 2, ... */
  add(name: string, body: string): Promise<void>;
  calls(name: string): Promise<Call[]>;
  remove(): Promise<void>;
}

export async function fakePrograms(): Promise<FakePrograms> {
  const directory = await mkdtemp(join(tmpdir(), 'fakes-'));
  return {
    env: { PATH: directory, HOME: '/home/alice' },
    async add(name, body) {
      const record = `'${directory}/'${name}-call`;
      const script = `#!/bin/bash
n=1; set -C; until { : >${record}$n; } 2>/dev/null; do n=$((n + 1)); done; set +C
for argument in "$@"; do printf '%s\\0' "$argument" >>${record}$n; done
/usr/bin/env -0 >${record}$n.env
${body}
`;
      await writeFile(join(directory, name), script);
      await chmod(join(directory, name), 0o755);
    },
    async calls(name) {
      const files = (await readdir(directory)).filter((file) => new RegExp(`^${name}-call\\d+$`).test(file));
      return await Promise.all(files.sort().map((file) => readCall(join(directory, file))));
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function readCall(file: string): Promise<Call> {
  const fields = async (name: string) => (await readFile(name, 'utf8')).split('\0').slice(0, -1);
  const variables = (await fields(`${file}.env`)).map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { args: await fields(file), env: Object.fromEntries(variables) };
}
