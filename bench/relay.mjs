// A relay in front of the proxy that notes when bytes pass, without looking into them: TLS goes through as it is.
import { connect, createServer } from 'node:net';

/** Milliseconds since the epoch with fractions; performance.timeOrigin alone drifts from the clock that strace reads. */
export function createClock() {
  const tick = Date.now();
  while (Date.now() === tick);
  const offset = Date.now() - performance.now();
  return () => offset + performance.now();
}

/**
 * Forwards each connection to 127.0.0.1:port. `connections` holds, for each, its turns in order: `{from, at, until}` with
 * `from` 'client' or 'server', and the times at which its first and last bytes came.
 */
export async function startRelay(port, clock) {
  const connections = [];
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port, noDelay: true });
    const turns = [];
    connections.push(turns);
    forward(client, upstream, 'client', turns, clock);
    forward(upstream, client, 'server', turns, clock);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, connections, close };
}

function forward(source, target, from, turns, clock) {
  source.on('data', (data) => {
    const at = clock();
    const last = turns.at(-1);
    if (last?.from === from) last.until = at;
    else turns.push({ from, at, until: at });
    target.write(data);
  });
  source.on('end', () => target.end());
  source.on('error', () => target.destroy());
}

/**
 * The spans of a connection in which its client could only wait: from the client's last bytes to the server's next
 * ones. Names them by what a TLS exchange is made of.
 */
export function answersOf(turns, title) {
  const spans = [];
  for (const [index, { from, until }] of turns.entries()) {
    const next = turns[index + 1];
    if (from !== 'client' || next === undefined) continue;
    const what = spans.length === 0 ? 'TLS handshake' : 'answer';
    spans.push({ title: `${title}: ${what}`, start: until, end: next.at });
  }
  return spans;
}
