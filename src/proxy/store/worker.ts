/** The database's thread: a flush to disk takes as long as the disk likes, and the data path does not wait for it. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { SQLite3Error, type Database } from 'node-sqlite3-wasm';
import { openDatabase, RefusedError } from './database.js';
import type { FromThread, Refused, Request, ToThread } from './messages.js';
import { carryOut } from './rows.js';

/** After so long without a change, the log is written over into the database. */
const QUIET_MS = 1_000;

const file = workerData as string;
const say = (message: FromThread): void => parentPort?.postMessage(message);
const database = open();
if (database) serve(database);

function open(): Database | undefined {
  try {
    const opened = openDatabase(file);
    say({ opened: true });
    return opened;
  } catch (error) {
    say({ refused: error instanceof RefusedError ? error.refused : reasonOf(error) });
    return undefined;
  }
}

function reasonOf(error: unknown): Refused {
  const detail = error instanceof Error ? error.message : String(error);
  if (detail.includes('not a database')) return { why: 'foreign', detail };
  return { why: detail.includes('malformed') ? 'damaged' : 'unreadable', detail };
}

function serve(opened: Database): void {
  let quiet: NodeJS.Timeout | undefined;
  parentPort?.on('message', (message: ToThread) => {
    clearTimeout(quiet);
    if ('close' in message) {
      opened.close();
      parentPort?.close();
    } else {
      say(inOneTransaction(opened, message.requests));
      quiet = setTimeout(() => emptyLog(opened), QUIET_MS);
    }
  });
}

function inOneTransaction(opened: Database, requests: readonly Request[]): FromThread {
  try {
    opened.exec('BEGIN');
    const answers = requests.map((request) => carryOut(opened, request));
    opened.exec('COMMIT');
    return { answers };
  } catch (error) {
    const { why, detail } = error instanceof RefusedError ? error.refused : reasonOf(error);
    // Anything else is a fault of the program: it ends the thread, and every change is refused from then on.
    if (!(error instanceof RefusedError || error instanceof SQLite3Error)) throw error;
    if (opened.inTransaction) opened.exec('ROLLBACK');
    return { failed: `${detail} (${freeBytes()} bytes free)`, damaged: why === 'damaged' };
  }
}

/** SQLite does not say that a disk is full; this does. */
function freeBytes(): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize;
}

/** SQLite takes damage in its log for the end of it. So little stays there for long. */
function emptyLog(opened: Database): void {
  try {
    opened.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Nothing is lost: it is in the log still, and the next quiet moment tries again.
    if (!(error instanceof SQLite3Error)) throw error;
  }
}
