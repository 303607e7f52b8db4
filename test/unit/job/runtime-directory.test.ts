/** Where the job keeps its sockets: where nobody else can put others in their place. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canRunJobs } from './session.js';

const LIB = join(import.meta.dirname, '../../../batch-templates/lib');
const NOBODY = 65_534;

let place: string;

beforeEach(() => {
  // Short: the path of a socket is.
  place = mkdtempSync('/tmp/sj-p-');
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Gives the directory that is made where TMPDIR is `folder`, or what the job says. */
function made(folder: string, { ways = '', then = '' } = {}): string {
  const script = `for name in jupyter ssh sockets; do source "$1/$name.sh"; done
fail() { printf 'failed: %s' "$*"; exit; }
sj_node=n1 sj_connect=ssh sj_ssh_ways=$2
ssh_listens() { return 0; }
make_runtime_directory
trap 'rmdir "$sj_runtime"' EXIT
${then}
printf '%s' "\${sj_runtime%/*}"`;
  const env = { PATH: '/usr/bin:/bin', TMPDIR: folder };
  const { stdout, stderr } = spawnSync('/bin/bash', ['-c', script, 'bash', LIB, ways], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe('');
  return stdout;
}

/** A folder of somebody else's to which everybody may write. */
function scratch(mode: number): string {
  const folder = join(place, 's');
  mkdirSync(folder);
  chmodSync(folder, mode);
  chownSync(folder, NOBODY, NOBODY);
  return folder;
}

describe.skipIf(!canRunJobs)('the folder for temporary files', () => {
  it('is the one that is named, if it is the own', () => {
    expect(made(place)).toBe(place);
    expect(made(place, { ways: 'socket' })).toBe(place);
  });

  // Only root can make a folder somebody else's.
  describe.skipIf(process.getuid?.() !== 0)('of others', () => {
    it('will do where its sticky bit keeps everybody from what is not theirs', () => {
      expect(made(scratch(0o1777))).toBe(join(place, 's'));
    });

    it.each(['', 'socket'])('is passed over where they could put something in its place (%j)', (ways) => {
      expect(made(scratch(0o777), { ways })).toBe('/tmp');
    });

    it('is good for no socket that ssh leads to', () => {
      const folder = scratch(0o777);
      const nowhereElse = {
        then: `sj_runtime=$(mktemp -d ${folder}/sj-XXXXXXXX); choose_way`,
        ways: 'socket',
      };
      expect(made(folder, nowhereElse)).toBe(
        `failed: ssh has no way to Jupyter on node n1 (socket: others can change what is in ${folder} on node n1)`,
      );
    });
  });
});
