/** Real curl with a CA file. It knows by itself that names under .localhost are loopback. */
import { execFileSync } from 'node:child_process';
import { runAs, type User } from './users.js';

export interface CurlAnswer {
  /** 0 when there was none. */
  status: number;
  body: string;
}

/** One request. Throws what curl says when it gets no answer, an untrusted certificate for example. */
export function curl(caFile: string, url: string, ...args: string[]): CurlAnswer {
  const printed = execFileSync(CURL, [...common(caFile), ...args, url], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return readPrinted(printed);
}

/** The same as a user, while this process goes on: for servers that run in it. */
export async function curlAs(of: User, caFile: string, url: string, ...args: string[]): Promise<CurlAnswer> {
  const { stdout, stderr, exitCode } = await runAs(of, [CURL, ...common(caFile), ...args, url]);
  if (exitCode !== 0) throw new Error(stderr);
  return readPrinted(stdout);
}

const CURL = '/usr/bin/curl';

function common(caFile: string): string[] {
  const check = ['--noproxy', '*', '--cacert', caFile];
  return ['-q', '-sS', ...check, '--max-time', '20', '-w', '\n%{http_code}'];
}

function readPrinted(printed: string): CurlAnswer {
  const end = printed.lastIndexOf('\n');
  return { status: Number(printed.slice(end + 1)), body: printed.slice(0, end) };
}
