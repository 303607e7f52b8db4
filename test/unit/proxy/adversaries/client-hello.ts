/** Real ClientHellos with a server name in them that no client would send. */

const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const VERSION_AND_RANDOM = 34;
/** Type, length, list length, name type and name length stand before a name in its extension. */
const NAME_HEADER = 9;

/** The first byte of a TLS record. */
export const ALERT = 0x15;
export const HANDSHAKE = 0x16;

/** The same ClientHello for another name, with every length in it put right. */
export function withServerName(hello: Buffer, name: string, other: string): Buffer {
  const at = hello.indexOf(name, 0, 'latin1');
  if (at < 0) throw new Error('the ClientHello does not hold the name');
  const longer = other.length - name.length;
  const bytes = Buffer.from(hello);
  const add = (offset: number, size: number) =>
    bytes.writeUIntBE(bytes.readUIntBE(offset, size) + longer, offset, size);
  add(3, 2);
  add(RECORD_HEADER + 1, 3);
  add(extensionsLength(bytes), 2);
  add(at - NAME_HEADER + 2, 2);
  add(at - NAME_HEADER + 4, 2);
  add(at - NAME_HEADER + 7, 2);
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(other, 'latin1'),
    bytes.subarray(at + name.length),
  ]);
}

/** Where the length of all extensions stands: behind session id, cipher suites and compression methods. */
function extensionsLength(hello: Buffer): number {
  const sessionId = RECORD_HEADER + HANDSHAKE_HEADER + VERSION_AND_RANDOM;
  const suites = sessionId + 1 + hello.readUInt8(sessionId);
  const compression = suites + 2 + hello.readUInt16BE(suites);
  return compression + 1 + hello.readUInt8(compression);
}
