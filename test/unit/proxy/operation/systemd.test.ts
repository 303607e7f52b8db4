import { describe, expect, it } from 'vitest';
import { takeSockets } from '../../../../src/proxy/operation/systemd.js';

const PID = 4711;

function take(fds: string, names?: string, pid = String(PID)) {
  const env = { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: names, PATH: '/bin' };
  return { handed: () => takeSockets(env, PID), env };
}

describe('the sockets that systemd hands over', () => {
  it.for([
    ['1', 'https', { https: { descriptor: 3 } }],
    ['2', 'https:http', { https: { descriptor: 3 }, http: { descriptor: 4 } }],
    ['2', 'http:https', { http: { descriptor: 3 }, https: { descriptor: 4 } }],
    ['1', 'http', { http: { descriptor: 3 } }],
    ['1', 'start-jupyter-proxy.socket', { https: { descriptor: 3 } }],
    ['1', 'unknown', { https: { descriptor: 3 } }],
    ['1', undefined, { https: { descriptor: 3 } }],
    ['0', '', {}],
  ] as const)('%s of them called %s', ([fds, names, expected]) => {
    expect(take(fds, names).handed()).toEqual(expected);
  });

  it('are not ours when another process was meant, or nobody', () => {
    expect(take('1', 'https', '1').handed()).toEqual({});
    expect(takeSockets({ PATH: '/bin' }, PID)).toEqual({});
    expect(takeSockets({ LISTEN_PID: String(PID) }, PID)).toEqual({});
  });

  it.for(['1', String(PID)])('are no longer in the environment afterwards (LISTEN_PID=%s)', (pid) => {
    const { handed, env } = take('1', 'https', pid);
    handed();
    expect(Object.keys(env)).toEqual(['PATH']);
  });

  it.for([
    ['2', 'https:https', 'two are called https'],
    ['2', 'https:metrics', 'one is called "metrics"'],
    ['2', 'https', 'one is called ""'],
    ['x', 'https', 'LISTEN_FDS is "x"'],
    ['-1', 'https', 'LISTEN_FDS'],
    ['1000000', 'https', 'LISTEN_FDS'],
  ] as const)('are refused when it is not clear what they are for: %s called %s', ([fds, names, why]) => {
    expect(take(fds, names).handed).toThrow(why);
  });
});
