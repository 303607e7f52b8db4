/** `start_session jupyterlab`: the one line that starts the session, and its grammar. */
import type { ShellLine } from './shell-lines.js';

/** The interface that a job starts. */
export type Server = 'notebook' | 'jupyterlab';

/** The whole line, perhaps with a comment behind it. */
const CALL = /^\s*start_session(?:\s+(?<server>[^\s#]\S*))?(?<comment>\s+#.*|\s*)$/;

const SERVERS = new Map<string, Server>([
  ['notebook', 'notebook'],
  ['jupyterlab', 'jupyterlab'],
  ['lab', 'jupyterlab'],
]);

/** A call as it should be. */
export interface Call {
  /** Absent: what the options or the system choose. */
  server?: Server;
  /** With the blanks before it. */
  comment: string;
}

/** Reads a line; undefined when it is no call, or one that is not as it should be. */
export function readCall(line: string): Call | undefined {
  const groups = CALL.exec(line)?.groups;
  if (groups === undefined) return undefined;
  const { server: word, comment = '' } = groups;
  const server = SERVERS.get(word ?? '');
  if (word !== undefined && server === undefined) return undefined;
  return { ...(server === undefined ? {} : { server }), comment: comment.trimEnd() };
}

/** Whether the line has the call in it, rightly or wrongly. What is quoted or commented is none. */
export function namesCall({ words }: ShellLine): boolean {
  return words.includes('start_session');
}
