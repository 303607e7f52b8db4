// The load's own connections: TLS with the certificate checked, to one proxy under one name, without HTTP's niceties.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:tls';

/** A handshake in full under a name; resolves when it is through, within 10 s. */
export function openTls(port, host, ca) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca, ALPNProtocols: ['http/1.1'] });
    socket.setNoDelay(true);
    const late = setTimeout(() => socket.destroy(new Error(`no handshake with ${host}:${port}`)), 10_000);
    socket.once('secureConnect', () => {
      clearTimeout(late);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** One answer with a Content-Length: `{status, body}`. For a connection that stays open. */
export function ask(socket, text, limitMs = 10_000) {
  return new Promise((resolve, reject) => {
    let said = '';
    const done = (settle, value) => {
      clearTimeout(late);
      socket.off('data', take).off('close', gone);
      settle(value);
    };
    const late = setTimeout(() => done(reject, new Error(`no answer to ${text.split('\r\n')[0]}`)), limitMs);
    const gone = () => done(reject, new Error(`closed after ${JSON.stringify(said.slice(0, 200))}`));
    const take = (bytes) => {
      said += bytes.toString('latin1');
      const head = said.indexOf('\r\n\r\n');
      if (head < 0) return;
      const body = said.slice(head + 4);
      const length = Number(/^content-length: *(\d+)/im.exec(said.slice(0, head))?.[1] ?? 0);
      if (body.length >= length) done(resolve, { status: Number(said.split(' ')[1]), body });
    };
    socket.on('data', take).on('close', gone);
    socket.write(text);
  });
}

export function getText(host, path = '/api') {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
}

/** A connection that has been upgraded; what comes after that are frames. */
export async function openWebsocket(port, host, ca) {
  const socket = await openTls(port, host, ca);
  const key = randomBytes(16).toString('base64');
  const { status } = await ask(
    socket,
    `GET /channels HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  if (status !== 101) throw new Error(`${host}:${port} did not upgrade: ${status}`);
  return socket;
}

/** Whether a new connection under this name gets a 200 from the small page. */
export async function isServed(port, host, ca) {
  try {
    const socket = await openTls(port, host, ca);
    try {
      return (await ask(socket, getText(host))).status === 200;
    } finally {
      socket.destroy();
    }
  } catch {
    return false;
  }
}
