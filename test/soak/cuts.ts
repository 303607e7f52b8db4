/** How soon a session's connections are cut when it ends, whatever they are doing and whoever ends it. */
import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../e2e/bed/processes.js';
import { startBackends } from './backends.js';
import { openBrowser, openEcho, requestText, within, type EchoSocket } from './browser-connection.js';
import { call, change, destroy, expected, loopback, readySession, type Named } from './calls.js';
import { atOnce } from './at-once.js';
import { proxyHome, type ProxyHome, type RunningProxy } from './proxy-home.js';

export interface CutsPlan {
  /** Of each session: websockets that say nothing, such that always talk, and downloads that nobody reads. */
  idle: number;
  busy: number;
  stalled: number;
}

/** Who ends a session: its job; the feeder, who says that the job ended or that its time was up long ago. */
export type Ender = 'destroy' | 'report' | 'expiry';

export interface Cut {
  connections: number;
  /** Websockets that were still open when all waits were over. */
  left: number;
  /** From the end, as the proxy's log has it, until the last websocket's client saw its own; in milliseconds. */
  lastAfterMs: number;
  /** Until the proxy had closed all of them, those too whose client reads nothing and so sees nothing. */
  proxyAfterMs: number;
  /** Echoes of the busy ones before the end: they were busy. */
  echoes: number;
}

const FEEDER_SECRET = 'the-feeder-of-the-soak';
/** The registry looks every 10 s whose time is up. */
const ENDS_WITHIN_MS = 20_000;

export async function cutSessions(plan: CutsPlan): Promise<Record<Ender, Cut>> {
  const backends = await startBackends({ pinned: 3 });
  const home = await proxyHome();
  const secretFile = writeSecret(home);
  const proxy = await home.start({ serve: ['--feeder-secret-file', secretFile] });
  const cut = async (n: number, ender: Ender): Promise<Cut> => {
    const port = backends.ports.pinned[n]!;
    const session = await readySession(proxy, loopback(10, n), port, backends.certificateSha256);
    await expected(200, 'link', change(proxy, session, 'job', { jobId: `${n}` }));
    return endAndWatch(proxy, session, plan, () => enders[ender](proxy, session, `${n}`));
  };
  const result = {
    destroy: await cut(0, 'destroy'),
    report: await cut(1, 'report'),
    expiry: await cut(2, 'expiry'),
  };
  await proxy.stop();
  await backends.stop();
  home.remove();
  return result;
}

const enders: Record<Ender, (proxy: RunningProxy, session: Named, jobId: string) => Promise<unknown>> = {
  destroy: (proxy, session) => expected(204, 'destroy', destroy(proxy, session)),
  report: (proxy, _, jobId) => feed(proxy, { [jobId]: { state: 'ended' } }),
  expiry: (proxy, _, jobId) =>
    feed(proxy, { [jobId]: { state: 'running', endsAt: new Date(Date.now() - 3_600_000).toISOString() } }),
};

function feed(proxy: RunningProxy, jobs: object): Promise<unknown> {
  const asked = { method: 'PUT', path: '/api/v1/jobs', body: { jobs }, secret: FEEDER_SECRET };
  return expected(204, 'feed', call(proxy, { ...asked, from: loopback(10, 200) }));
}

async function endAndWatch(
  proxy: RunningProxy,
  { name }: Named,
  plan: CutsPlan,
  end: () => Promise<unknown>,
): Promise<Cut> {
  const from = loopback(11, 0);
  const before = proxy.descriptors();
  const opened = (count: number): Promise<EchoSocket[]> =>
    atOnce(8, [...Array(count).keys()], () => openEcho(proxy, name, from));
  const [idle, busy] = [await opened(plan.idle), await opened(plan.busy)];
  const stalled = await atOnce(8, [...Array(plan.stalled).keys()], async () => {
    const connection = await openBrowser(proxy, name, from);
    connection.tls.write(requestText(proxy, name, '/large?bytes=50000000'));
    await within(
      'the beginning of a download',
      new Promise<void>((resolve) => connection.tls.once('readable', resolve)),
    );
    return connection;
  });
  let echoes = 0;
  const talking = busy.map(async (socket) => {
    // It is cut in the middle of this.
    for (;;) echoes += (await socket.echo(Buffer.alloc(1000, 'x'))).length > 0 ? 1 : 0;
  });
  void Promise.allSettled(talking);
  await until(() => (echoes >= 10 * busy.length ? true : undefined), ENDS_WITHIN_MS);

  const closedAt: number[] = [];
  const websockets = [...idle, ...busy];
  for (const { tcp } of websockets) tcp.once('close', () => closedAt.push(Date.now()));
  await end();
  const at = await until(() => endedAt(proxy, name), ENDS_WITHIN_MS, 2);
  if (at === undefined) throw new Error(`The proxy's log does not say that ${name} ended`);
  const over = await until(() => (proxy.descriptors() <= before ? Date.now() : undefined), ENDS_WITHIN_MS, 2);
  await until(() => (closedAt.length === websockets.length ? true : undefined), ENDS_WITHIN_MS, 5);
  for (const { tcp } of stalled) tcp.destroy();
  return {
    connections: websockets.length + stalled.length,
    left: websockets.length - closedAt.length,
    lastAfterMs: Math.max(...closedAt) - at,
    proxyAfterMs: (over ?? Number.POSITIVE_INFINITY) - at,
    echoes,
  };
}

/** Milliseconds since the epoch, by the proxy's log; the same machine's clock as ours. */
function endedAt(proxy: RunningProxy, name: string): number | undefined {
  const line = proxy
    .log()
    .split('\n')
    .find((it) => it.includes('"event":"ended"') && it.includes(name));
  return line === undefined ? undefined : Date.parse((JSON.parse(line) as { time: string }).time);
}

/** The service user's own, as the proxy wants it. */
function writeSecret(home: ProxyHome): string {
  const file = join(home.folder, 'feeder-secret');
  const { uid, gid } = statSync(home.folder);
  writeFileSync(file, FEEDER_SECRET, { mode: 0o600 });
  chownSync(file, uid, gid);
  chmodSync(file, 0o600);
  return file;
}
