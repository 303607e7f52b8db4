// `npm start -- --verify`: what a browser does with a notebook, checked through the proxy: HTTP, login, a kernel over
// a websocket. Certificates are checked against the CA that the launcher made.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, WebSocket, fetch } from 'undici';

const START_LIMIT_MS = 180_000;
const STEP_LIMIT_MS = 60_000;

/** Starts the launcher, checks, ends it by Ctrl-C's signal; returns the exit status. */
export async function verify(command, env) {
  const launcher = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => launcher.on('close', resolve));
  const stop = () => launcher.kill('SIGINT');
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
  let verified = false;
  try {
    const { url, ca } = await within(START_LIMIT_MS, 'the launcher printed no URL', firstLine(launcher));
    await check(new URL(url), readFileSync(ca, 'utf8'));
    verified = true;
  } catch (error) {
    console.error(`FAILED  ${messageOf(error)}`);
  }
  // One that has ended by itself has been reported.
  if (launcher.exitCode !== null) return 1;
  stop();
  const cleaned = await endsCleanly(launcher, closed);
  return verified && cleaned ? 0 : 1;
}

async function check(url, ca) {
  const { origin } = url;
  const token = url.searchParams.get('token');
  const agent = new Agent({ connect: { ca, lookup: lookUpLoopback } });
  const get = (path, headers = {}) =>
    fetch(new URL(path, origin), {
      dispatcher: agent,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(STEP_LIMIT_MS),
    });

  const api = await get('/api');
  expect(api.status === 200, `GET /api: status ${api.status}`);
  const { version } = await api.json();
  const stranger = await get('/api/kernels');
  expect([401, 403].includes(stranger.status), `without the token /api/kernels answers ${stranger.status}`);
  console.error(`ok      HTTP: Jupyter server ${version} answers at ${origin}`);

  const login = await get(`/login${url.search}`);
  const cookies = login.headers.getSetCookie();
  expect(cookies.length > 0, `the login gives no cookie (status ${login.status})`);
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ');
  const inside = await get('/api/kernels', { cookie });
  expect(inside.status === 200, `with the login's cookie /api/kernels answers ${inside.status}`);
  console.error('ok      login: the cookie opens it, and nothing does without the token');

  const answer = await runCell({ origin, token, cookie, agent }, '6*7');
  expect(answer === '42', `the cell 6*7 gives ${answer}`);
  console.error('ok      kernel: the cell 6*7 gives 42, over the websocket');
  await agent.close();
}

/** A kernel of its own, one cell, by Jupyter's messaging protocol 5.3. */
async function runCell({ origin, token, cookie, agent }, code) {
  const authorized = { authorization: `token ${token}` };
  const kernels = new URL('/api/kernels', origin);
  const signal = AbortSignal.timeout(STEP_LIMIT_MS);
  const made = await fetch(kernels, { method: 'POST', dispatcher: agent, headers: authorized, signal });
  expect(made.status === 201, `starting a kernel: status ${made.status}`);
  const { id } = await made.json();
  const address = `${kernels.href.replace('https:', 'wss:')}/${id}/channels`;
  const socket = new WebSocket(address, { dispatcher: agent, headers: { cookie, origin } });
  try {
    return await within(STEP_LIMIT_MS, 'the kernel did not answer', resultOf(socket, code));
  } finally {
    socket.close();
    await fetch(`${kernels.href}/${id}`, {
      method: 'DELETE',
      dispatcher: agent,
      headers: authorized,
      signal,
    });
  }
}

function resultOf(socket, code) {
  const header = {
    msg_id: randomUUID(),
    session: randomUUID(),
    username: '',
    msg_type: 'execute_request',
    version: '5.3',
    date: new Date().toISOString(),
  };
  const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
  const request = { header, parent_header: {}, metadata: {}, content, buffers: [], channel: 'shell' };
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(JSON.stringify(request)));
    socket.addEventListener('error', (event) => reject(event.error ?? new Error('the websocket failed')));
    socket.addEventListener('close', () => reject(new Error('the websocket was closed')));
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.parent_header?.msg_id !== header.msg_id) return;
      if (message.msg_type === 'execute_result') resolve(message.content.data['text/plain']);
      if (message.msg_type === 'error') reject(new Error(message.content.evalue));
    });
  });
}

/** The launcher's one JSON line; rejects when it ends without one. */
function firstLine(launcher) {
  let text = '';
  return new Promise((resolve, reject) => {
    launcher.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    launcher.on('error', reject);
    launcher.on('close', (code) => reject(new Error(`start-jupyter ended with status ${code}`)));
  });
}

async function endsCleanly(launcher, closed) {
  try {
    const code = await within(STEP_LIMIT_MS, 'start-jupyter does not end after Ctrl-C', closed);
    if (code === 0 || code === 130) return true;
    console.error(`FAILED  start-jupyter ended with status ${code}`);
  } catch (error) {
    console.error(`FAILED  ${error.message}`);
    launcher.kill('SIGKILL');
  }
  return false;
}

/** Browsers and curl know that names under .localhost are this machine; Node's own look-up does not everywhere. */
function lookUpLoopback(_hostname, options, callback) {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
}

async function within(limitMs, what, promise) {
  let timer;
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

function messageOf(error) {
  return error.cause?.message ? `${error.message}: ${error.cause.message}` : error.message;
}
