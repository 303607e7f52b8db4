/** The database file: made, opened, proven to be whole. Everything here blocks; it runs in a thread of its own. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database } from 'node-sqlite3-wasm';
import { syncFolder } from './folder.js';
import type { Refused } from './messages.js';

/** `SJPx`, so that another program's database is not taken for ours. */
const APPLICATION_ID = 0x534a5078;
const FORMAT = 1;
/** One tree alone: nothing that could disagree with it. SQLite has no checksums of what is in a row; `crc` is one. */
const TABLE =
  'CREATE TABLE session (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, json TEXT NOT NULL, crc INTEGER NOT NULL) ' +
  'STRICT, WITHOUT ROWID';

export class RefusedError extends Error {
  constructor(readonly refused: Refused) {
    super(refused.detail);
  }
}

/** To be called with the store's lock. Throws RefusedError, or what SQLite throws; nothing was changed then. */
export function openDatabase(file: string): Database {
  unlock(file);
  if (!existsSync(file)) make(file);
  // SQLite takes an empty file for a new database.
  if (statSync(file).size === 0) throw foreign('It is empty.');
  const hadLog = existsSync(`${file}-wal`);
  const database = new Database(file, { fileMustExist: true });
  try {
    // Exclusive before anything is read: then the log's index is in memory and needs no file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA synchronous = FULL');
    check(database);
  } catch (error) {
    // Not closed: that would write the log over into a file that is to stay as it is. The thread's end closes it.
    unlock(file);
    if (!hadLog) rmSync(`${file}-wal`, { force: true });
    throw error;
  }
  if (pragma(database, 'journal_mode = WAL') !== 'wal') throw new Error('SQLite refuses to keep a log.');
  // The log was made just now, and SQLite does not sync the folder here.
  syncFolder(dirname(file));
  return database;
}

/** Removes SQLite's own lock, which a process that was killed left behind. */
function unlock(file: string): void {
  rmSync(`${file}.lock`, { recursive: true, force: true });
}

/** Under another name until it is whole: a crash leaves no file of which nobody knows what it is. */
function make(file: string): void {
  if (existsSync(`${file}-wal`)) throw foreign('It is missing, and its log is there.');
  const fresh = `${file}.new`;
  for (const left of [fresh, `${fresh}-wal`, `${fresh}.lock`]) rmSync(left, { recursive: true, force: true });
  const database = new Database(fresh);
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  pragma(database, 'journal_mode = WAL');
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; ${TABLE}`);
  database.close();
  const descriptor = openSync(fresh, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(fresh, file);
  // Before its log is made: a log without a database is refused.
  syncFolder(dirname(file));
}

function check(database: Database): void {
  const id = pragma(database, 'application_id');
  const format = Number(pragma(database, 'user_version'));
  if (id !== APPLICATION_ID || format < FORMAT) throw foreign('Its head names another program.');
  if (format > FORMAT) {
    throw new RefusedError({
      why: 'newer',
      detail: `Its format is ${format}, this version knows ${FORMAT}.`,
    });
  }
  const found = pragma(database, 'quick_check(1)');
  if (found !== 'ok') throw new RefusedError({ why: 'damaged', detail: String(found) });
}

function pragma(database: Database, text: string): unknown {
  return Object.values(database.get(`PRAGMA ${text}`) ?? {})[0];
}

function foreign(detail: string): RefusedError {
  return new RefusedError({ why: 'foreign', detail });
}
