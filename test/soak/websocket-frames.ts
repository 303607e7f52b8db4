/** As much of RFC 6455 as an echo takes: whole data frames of up to 64 KB. */
import { createHash, randomBytes } from 'node:crypto';

const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const LONG = 126;

/** What a client sends is masked, what a server sends is not. */
export function frame(payload: Buffer, from: 'client' | 'server'): Buffer {
  const long = payload.length >= LONG;
  const masked = from === 'client';
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = FINAL_BINARY;
  head[1] = (long ? LONG : payload.length) | (masked ? MASKED : 0);
  if (long) head.writeUInt16BE(payload.length, 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, unmask(payload, mask)]);
}

/** Takes bytes as they come, in any pieces; gives payloads. */
export function frameReader(message: (payload: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (let parsed = parse(rest); parsed; parsed = parse(rest)) {
      rest = rest.subarray(parsed.length);
      message(parsed.payload);
    }
  };
}

function parse(bytes: Buffer): { payload: Buffer; length: number } | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const long = (second & 0x7f) === LONG;
  const start = (long ? 4 : 2) + ((second & MASKED) === 0 ? 0 : 4);
  if (bytes.length < start) return undefined;
  const length = start + (long ? bytes.readUInt16BE(2) : second & 0x7f);
  if (bytes.length < length) return undefined;
  const payload = bytes.subarray(start, length);
  const masked = (second & MASKED) !== 0;
  return { payload: masked ? unmask(payload, bytes.subarray(start - 4, start)) : payload, length };
}

function unmask(payload: Buffer, mask: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(payload.length);
  for (let index = 0; index < payload.length; index++) plain[index] = payload[index]! ^ mask[index & 3]!;
  return plain;
}

/** The server's proof that it has read the handshake. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
