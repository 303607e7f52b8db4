/** What must stay secret of a session, and the search for it wherever others can look. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** By name: token, redeem secret, key. */
export type Secrets = Record<string, string>;

/** Long enough not to be met by chance, short enough to find half a token. */
const PIECE = 16;

/** The secrets of a session, read while it has them. */
export function secretsOf(directory: string): Secrets {
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { token: read('token'), 'redeem secret': read('redeem.secret'), key: read('key.pem') };
}

/** Every piece of 16 characters of a secret: who is given one of them knows a part of it. */
export function pieces(secret: string): string[] {
  const text = secret.startsWith('-----BEGIN') ? privatePart(secret) : secret;
  if (text.length < PIECE) throw new Error('The secret is too short to look for');
  return Array.from({ length: text.length - PIECE + 1 }, (_, at) => text.slice(at, at + PIECE));
}

/**
 * The base64 of the private number alone: before it stands in PKCS #8 what is the same in every EC P-256 key, behind it the
 * public key, which is in the certificate as well.
 */
function privatePart(keyPem: string): string {
  return keyPem.replace(/-----[^-]+-----|\n/g, '').slice(48, 90);
}

/** The names of the secrets of which a part is in the text. */
export function secretsIn(text: string, secrets: Secrets): string[] {
  // A key's lines are searched for as one.
  const joined = text.replaceAll('\n', '');
  return Object.entries(secrets).flatMap(([name, secret]) =>
    pieces(secret).some((piece) => text.includes(piece) || joined.includes(piece)) ? [name] : [],
  );
}

/** A file below these folders that holds a part of a secret, and whether others than its owner can get at it. */
export interface Found {
  path: string;
  secrets: string[];
  open: boolean;
}

/** Looks as root into every file below the folders (or at the files named); what ends meanwhile is left out. */
export function searchFiles(places: readonly string[], secrets: Secrets): Found[] {
  return places.flatMap(filesBelow).flatMap((path) => {
    const found = secretsIn(contentOf(path), secrets);
    return found.length === 0 ? [] : [{ path, secrets: found, open: openToOthers(path) }];
  });
}

function filesBelow(place: string): string[] {
  const facts = lstatSync(place, { throwIfNoEntry: false });
  if (facts?.isFile()) return [place];
  if (!facts?.isDirectory()) return [];
  return readdirSync(place).flatMap((name) => filesBelow(join(place, name)));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Its own mode, and the way to it: a directory that others may not enter closes everything below. */
function openToOthers(path: string): boolean {
  if ((lstatSync(path).mode & 0o044) === 0) return false;
  for (let above = dirname(path); above !== '/'; above = dirname(above)) {
    if ((lstatSync(above).mode & 0o011) === 0) return false;
  }
  return true;
}
