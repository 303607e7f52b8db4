/** What is done to the rows of the database, each with a checksum over all of it. */
import { crc32 } from 'node:zlib';
import type { Database } from 'node-sqlite3-wasm';
import { RefusedError } from './database.js';
import type { Answer, Request } from './messages.js';

/** So many sessions are handed over as one text; one text for all could become too long for JavaScript. */
const SESSIONS_A_TEXT = 1_000;

interface Row {
  name: string;
  revision: number;
  json: string;
  crc: number;
}

/** Throws RefusedError for a row that is not as it was written. */
export function carryOut(database: Database, request: Request): Answer {
  switch (request.kind) {
    case 'create': {
      const { name, revision, json } = request;
      const values = [name, revision, json, checksum(request)];
      return changed(database, 'INSERT INTO session VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', values);
    }
    case 'replace': {
      const { name, revision, json } = request;
      const values = [revision, json, checksum(request), name, revision - 1];
      const text = 'UPDATE session SET revision = ?, json = ?, crc = ? WHERE name = ? AND revision = ?';
      return changed(database, text, values);
    }
    case 'forget':
      return changed(database, 'DELETE FROM session WHERE name = ?', [request.name]);
    case 'read': {
      const row = database.get('SELECT * FROM session WHERE name = ?', request.name);
      return row && proven(row as unknown as Row).json;
    }
    case 'load':
      return everything(database);
  }
}

function changed(database: Database, text: string, values: (string | number)[]): boolean {
  return database.run(text, values).changes === 1;
}

function everything(database: Database): string[] {
  const texts: string[] = [];
  let some: string[] = [];
  const statement = database.prepare('SELECT * FROM session');
  try {
    for (const row of statement.iterate()) {
      if (some.push(proven(row as unknown as Row).json) < SESSIONS_A_TEXT) continue;
      texts.push(`[${some.join(',')}]`);
      some = [];
    }
  } finally {
    statement.finalize();
  }
  return [...texts, `[${some.join(',')}]`];
}

function checksum({ name, revision, json }: Omit<Row, 'crc'>): number {
  return crc32(`${name} ${revision} ${json}`);
}

function proven(row: Row): Row {
  if (row.crc === checksum(row)) return row;
  throw new RefusedError({ why: 'damaged', detail: 'A session in it is not as it was written.' });
}
