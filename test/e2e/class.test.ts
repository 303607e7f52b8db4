/**
 * A class: twelve students and sixty launches at once, a third of them real notebooks, from one read-only installation
 * through `module load`, on real Slurm, behind one proxy. Each session opens for its owner, nobody learns of another's
 * secrets, and in the end nothing is left.
 */
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import {
  classroom,
  placesToPry,
  processesOf,
  readBy,
  seats,
  secretSearch,
  temporaryFilesOf,
  type Classroom,
  type Seat,
  type SecretSearch,
} from './bed/class.js';
import { curl } from './bed/curl.js';
import { forgetSessions, jupyterPath } from './bed/launches.js';
import { readIfThere } from './bed/prying.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf, slurmEnvironment } from './bed/slurm.js';
import { runAs, user, type User } from './bed/users.js';
import { visit } from './bed/visit.js';

const EACH = 5;
const LIMIT_MS = 170_000;
const SECRET_FILES = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json'];
const ADMINISTRATOR = 'the-administrators-token';

interface Session extends Seat {
  owner: string;
  name: string;
  jobId: string;
  directory: string;
  token: string;
}

describeOnBed('a class', () => {
  let proxy: Proxy;
  let room: Classroom;
  let secretFolder: string;
  let sessions: Session[] = [];
  let known: SecretSearch;
  const students = (): User[] => theBed().students.map(user);

  beforeAll(async () => {
    const service = user(theBed().users.proxy);
    secretFolder = mkdtempSync('/var/tmp/start-jupyter-class-admin-');
    const tokenFile = join(secretFolder, 'token');
    writeFileSync(tokenFile, `${ADMINISTRATOR}\n`, { mode: 0o600 });
    for (const path of [secretFolder, tokenFile]) chownSync(path, service.uid, service.gid);
    proxy = await startProxy({ serve: ['--admin-token-file', tokenFile] });
    room = classroom(proxy);
  });

  afterAll(async () => {
    await Promise.all(students().map(({ name }) => clearJobsOf(name)));
    students().forEach(forgetSessions);
    await proxy.stop();
    room.remove();
    rmSync(secretFolder, { recursive: true, force: true });
  });

  /** What the proxy knows of sessions that have not ended. */
  function atTheProxy(): string[] {
    const bearer = ['-H', `Authorization: Bearer ${ADMINISTRATOR}`];
    const { body } = curl(proxy.caFile, `${proxy.controlUrl}/api/v1/sessions`, ...bearer);
    const listed = JSON.parse(body) as { sessions: { name: string }[] };
    return listed.sessions.map(({ name }) => name).sort();
  }

  async function launched(seat: Seat): Promise<Session> {
    const path = seat.real ? jupyterPath('notebook6') : room.smallPath;
    const line = 'module load start-jupyter; start-jupyter --profile course --json';
    const { stdout, stderr, exitCode } = await room.type(seat.student, seat.system, line, path);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const result = JSON.parse(stdout) as { url: string; name: string; jobId: string; directory: string };
    const token = new URL(result.url).searchParams.get('token') ?? '';
    return { ...seat, ...result, token, owner: seat.student.name };
  }

  test('starts all of its sessions at once, each under a name of its own', async () => {
    sessions = await Promise.all(seats(EACH).map(launched));
    expect(sessions).toHaveLength(theBed().students.length * EACH);
    for (const what of ['name', 'jobId', 'token', 'directory'] as const) {
      expect(new Set(sessions.map((session) => session[what])).size, what).toBe(sessions.length);
    }
    expect(atTheProxy()).toEqual(sessions.map(({ name }) => name).sort());
    known = secretSearch(sessions);
  });

  test('opens each session for its owner, by its URL', async () => {
    const ca = readFileSync(proxy.caFile, 'utf8');
    await Promise.all(
      sessions.map(async ({ name, token, directory, real }) => {
        const ready = () =>
          existsSync(join(directory, 'ready.json')) || existsSync(join(directory, 'outcome'));
        await until(() => ready() || undefined, LIMIT_MS, 100);
        const opened = await visit(proxy, ca, name, `/api/status?token=${token}`);
        const log = () => readFileSync(join(directory, 'job.log'), 'utf8');
        expect({ ...opened, log: opened.status === 200 ? '' : log() }).toMatchObject({
          ...{ status: 200, byProxy: false, log: '' },
          body: expect.stringContaining(real ? 'last_activity' : '"server": "small"') as string,
        });
        expect((await visit(proxy, ca, name, `/api/status?token=${'x'.repeat(48)}`)).status).toBe(403);
      }),
    );
  });

  test('keeps the secrets of each from all others', async () => {
    const places = placesToPry(students(), proxy);
    // The search finds them where they belong: as root, in the files of all.
    const everything = places.map((path) => [path, readIfThere(path)] as const);
    const holders = everything.filter(([, text]) => known.ownersIn(text).length > 0).map(([path]) => path);
    for (const { directory } of sessions) {
      for (const name of SECRET_FILES) expect(holders).toContain(join(directory, name));
    }
    const bob = user(theBed().users.bob);
    const readByBob = await readBy(bob, places);
    // He does see what all may see.
    expect(readByBob).toContain('jupyter');
    expect(known.ownersIn(readByBob)).toEqual([]);
    for (const student of students().slice(0, 2)) {
      expect(known.ownersIn(await readBy(student, places))).toEqual([student.name]);
    }
    const shown = await runAs(bob, ['scontrol', 'show', 'job', '-dd'], { env: slurmEnvironment() });
    expect(shown.stdout).toContain(`JobId=${sessions[0]!.jobId} `);
    expect(known.ownersIn(shown.stdout)).toEqual([]);
    expect(known.ownersIn(proxy.log())).toEqual([]);
  });

  test('leaves nothing when it is over', async () => {
    await Promise.all(
      students().map((student) =>
        runAs(student, ['scancel', '-u', student.name], { env: slurmEnvironment() }),
      ),
    );
    const queue = async () => (await Promise.all(students().map(({ name }) => jobsOf(name)))).flat();
    const isOver = async () =>
      (await queue()).length === 0 && processesOf(students()).length === 0 ? true : undefined;
    expect(await until(isOver, LIMIT_MS, 250), processesOf(students()).join(' ')).toBe(true);
    expect(atTheProxy()).toEqual([]);
    for (const { directory } of sessions) {
      expect(readFileSync(join(directory, 'outcome'), 'utf8')).toMatch(/^stopped: it was cancelled/);
      expect(SECRET_FILES.filter((name) => existsSync(join(directory, name)))).toEqual([]);
    }
    const holders = placesToPry(students(), proxy).filter(
      (path) => known.ownersIn(readIfThere(path)).length > 0,
    );
    expect(holders).toEqual([]);
    expect(temporaryFilesOf(students())).toEqual([]);
  });
});
