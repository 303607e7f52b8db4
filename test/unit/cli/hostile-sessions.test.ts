/** What others have written of a session (its job, a scheduler, another program) never drives the terminal. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

const codes = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => String.fromCharCode(from + at)).join('');
/** Sets the title, asks for the screen, and has all that drives a terminal. */
const HOSTILE = `\x1b]0;mine\x07\x1b[2J\x1b[6n${codes(1, 0x20)}${codes(0x7f, 0xa0)}$(id)'"\`; id`;
/** The same in one line of what a program prints. */
const LINE = HOSTILE.replace(/[\n\r\x1c-\x1f]/g, '');
const NEWS = '\n';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
  const hostile = join(cluster.home, 'hostile');
  await writeFile(hostile, LINE);
  await cluster.replace(
    'squeue',
    `while [ $# -gt 0 ]; do [ "$1" = -j ] && ids=$2; shift; done
IFS= read -r hostile <'${hostile}'
IFS=,; for id in $ids; do
  case $id in 11) state=PENDING ;; 12 | 13) state=RUNNING ;; 14) state=FAILED ;; *) state="$hostile" ;; esac
  printf '%s\\x1f%s\\x1f%s\\x1f%s\\x1fN/A\\x1fN/A\\x1fsj-%s\\n' "$id" "$state" "$hostile" "$hostile" "$id"
done`,
  );
  const record = { system: HOSTILE, rootDir: `/${HOSTILE}`, launcherVersion: HOSTILE };
  const asked = { flags: { partition: HOSTILE, [HOSTILE]: true }, cwd: `/${HOSTILE}` };
  const ssh = { connect: 'ssh', sshHost: 'login.example.org' } as const;
  const files = { 'job.log': `${HOSTILE}\n`, warning: HOSTILE, extended: HOSTILE };
  const ready = JSON.stringify({ node: HOSTILE, way: HOSTILE });
  const outcome = `failed: ${LINE}\nstatus 1\n`;
  await cluster.add({ jobId: '11', record: { ...record, asked }, files });
  await cluster.add({ jobId: '12', record, files: { ...files, 'ready.json': ready } });
  await cluster.add({ jobId: '13', record: { ...record, ...ssh }, files: { ...files, 'ready.json': ready } });
  await cluster.add({ jobId: '14', record, files: { ...files, outcome } });
  await cluster.add({ jobId: '15', record, files: { ...files, outcome } });
  await cluster.add({ jobId: '16', record, files, end: { cause: HOSTILE } });
  const damaged = await cluster.add({ jobId: '17', record });
  await writeFile(join(damaged, 'session.json'), HOSTILE);
});

afterEach(() => cluster.remove());

const COMMANDS = [
  ['list', '--all'],
  ['stop', HOSTILE],
  ['status', '1'],
  ['clean', '--all', '--dry-run'],
  ['stop', '15', '16'],
  ['extend', '1h', '12'],
  ...['11', '12', '13', '14', '15', '16'].flatMap((id) => [
    ...['status', 'url', 'connect', 'logs', 'open'].map((command) => [command, id]),
    ['again', id, '--dry-run'],
    ['wait', id, '--timeout', '1s'],
  ]),
];

/** Those that can say it to programs. */
const JSON_TOO = ['list', 'status', 'url', 'connect', 'stop', 'wait', 'clean', 'extend'];

describe.skipIf(process.platform === 'win32')('what was written by others', () => {
  it.each(COMMANDS.map((args) => [JSON.stringify(args).slice(0, 30), args] as const))(
    '%s drives no terminal',
    { timeout: 20_000 },
    async (_what, args) => {
      const env = { ...cluster.env, TERM: 'dumb' };
      for (const form of JSON_TOO.includes(args[0] ?? '') ? [[], ['--json']] : [[]]) {
        const host = fakeHost({ env, terminal: true });
        host.stdin.end();
        const { status, stdout, stderr } = await outcomeOf([...args, ...form], host);
        expect((stdout + stderr).replaceAll(NEWS, '')).not.toMatch(/(?!\t)\p{Cc}/u);
        // 1 is for what nobody thought of.
        expect([status, stderr]).not.toEqual([1, stderr]);
      }
    },
  );
});
