/** The delivered feeder on clusters with Torque and PBS, of which bed/qsub_cluster.py plays the part. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callApi } from '../../src/proxy/client/calls.js';
import { sha256Hex, type ReserveAnswer, type SessionAnswer } from '../../src/satellite/protocol.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { feederSecretFile } from './bed/feeder.js';
import { masterPrograms } from './bed/package-copy.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { qsubCluster, type QsubCluster } from './bed/qsub-cluster.js';
import { runAs, user } from './bed/users.js';

describeOnBed.each(['torque', 'pbs'] as const)('the feeder of a cluster with %s', (kind) => {
  let proxy: Proxy;
  let cluster: QsubCluster;
  let folder: string;
  const karl = () => user(theBed().users.karl);

  beforeAll(async () => {
    const secret = feederSecretFile();
    proxy = await startProxy({ serve: ['--feeder-secret-file', secret] });
    cluster = qsubCluster(kind, karl());
    // Only karl sees this cluster.
    folder = mkdtempSync('/var/tmp/start-jupyter-feeding-');
    copyFileSync(secret, join(folder, 'feeder.secret'));
    chmodSync(join(folder, 'feeder.secret'), 0o600);
    writeFileSync(join(folder, 'job.sh'), '#PBS -l walltime=00:20:00\nexec sleep 300\n');
    for (const path of [folder, join(folder, 'feeder.secret')]) chownSync(path, karl().uid, karl().gid);
  });

  afterAll(async () => {
    await cluster.remove();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const asKarl = (...command: string[]) =>
    runAs(karl(), command, { env: { PATH: `${cluster.folder}:/usr/bin:/bin` }, limitMs: 60_000 });

  function feed(): ReturnType<typeof asKarl> {
    const to = [
      '--to',
      proxy.controlUrl,
      '--ca',
      proxy.caFile,
      '--secret-file',
      join(folder, 'feeder.secret'),
    ];
    return asKarl(...masterPrograms().proxy, 'feed', '--scheduler', kind, ...to, '--once');
  }

  /** A name that is linked to a job, as its owner sees it. */
  async function linkedSession(jobId: string): Promise<() => Promise<SessionAnswer>> {
    const service = { origin: new URL(proxy.controlUrl), ca: readFileSync(proxy.caFile, 'utf8') };
    const path = '/api/v1/sessions';
    const json = { certificateSha256: 'c'.repeat(64), viewerKeySha256: sha256Hex('key') };
    const reserved = (await callApi(service, { method: 'POST', path, json })) as ReserveAnswer;
    const own = { path: `${path}/${reserved.name}`, secret: reserved.redeemSecret };
    await callApi(service, { ...own, method: 'PUT', path: `${own.path}/job`, json: { jobId } });
    return async () => (await callApi(service, { ...own, method: 'GET' })) as SessionAnswer;
  }

  test('says that a job runs until when, and how it ended', async () => {
    // PBS's qsub leaves a helper behind that holds its output open.
    const submitted = await asKarl('bash', '-c', 'qsub "$0" >/dev/null 2>&1', join(folder, 'job.sh'));
    expect(submitted).toMatchObject({ exitCode: 0 });
    const jobId = cluster.jobs()[0]?.id ?? '';
    const look = await linkedSession(jobId);
    await until(() => cluster.jobs().some(({ session }) => session) || undefined, 20_000);

    const first = await feed();
    expect(first, first.stderr).toMatchObject({
      exitCode: 0,
      stdout: 'Jobs asked for: 1, in the queue: 1, reported: 1.\n',
    });
    const { job } = await look();
    expect(job).toMatchObject({ state: 'running' });
    const left = Date.parse(job?.endsAt ?? '') - Date.now();
    expect(left).toBeGreaterThan(15 * 60_000);
    expect(left).toBeLessThan(20 * 60_000);

    expect(await asKarl('qdel', jobId)).toMatchObject({ exitCode: 0 });
    await cluster.ended(jobId);
    expect(await feed()).toMatchObject({ exitCode: 0 });
    expect(await look()).toMatchObject({
      phase: 'ended',
      cause: 'the job has ended',
      job: { state: 'ended', outcome: 'cancelled' },
    });
  });
});
