/**
 * The plain text of `qstat -f` (Torque, OpenPBS, PBS Pro), for jobs, queues (`-Q -f`) and servers (`-B -f`). Pure.
 *
 * A block is `Job Id: 123.server`, its attributes as `    name = value`, and an empty line. A long value goes on in the
 * next line behind a tab, broken at a comma or anywhere else. Both programs print a value as it is: a newline in it (a
 * variable of the job's environment) starts a line that looks like one of theirs.
 */

export interface QstatBlock {
  kind: 'job' | 'queue' | 'server';
  /** As printed: `123.server`, `123[].server`, a queue's or server's name. */
  id: string;
  /** By name with its resource: `job_state`, `Resource_List.walltime`. Of a name that comes twice the first counts. */
  values: ReadonlyMap<string, string>;
}

export interface QstatText {
  blocks: QstatBlock[];
  /** False when something stands outside of every block, or when the text is cut before the last block's end. */
  complete: boolean;
}

const KINDS = { 'Job Id': 'job', Queue: 'queue', Server: 'server' } as const;
const HEADER = /^(Job Id|Queue|Server): (\S+)$/;
const ATTRIBUTE = /^ {4}([^\s=]+) = (.*)$/s;

interface OpenBlock {
  kind: QstatBlock['kind'];
  id: string;
  attributes: { name: string; value: string }[];
}

/**
 * Reads what a qstat printed, newline at its end included. Values come back as they were printed, whole and without
 * the breaks. Three things cannot be told apart: a newline and a tab within a value (read as a break), a newline before
 * `    name = ` (read as an attribute), and an empty line before `Job Id: 1` (read as a block). So a block's values can
 * be made up by whoever sent the job, and two blocks may bear one id: then neither is to be believed. Of commas side by
 * side only one is printed.
 */
export function readQstat(text: string): QstatText {
  const lines = text.split('\n');
  // What is behind the last line's end is a line that was cut.
  let complete = lines.pop() === '';
  const blocks: OpenBlock[] = [];
  // One of these ends the block if another one, or nothing, comes behind it; else they belong to the value.
  let emptyLines = 0;
  for (const line of lines) {
    if (line === '') {
      emptyLines++;
      continue;
    }
    const block = blocks.at(-1);
    const opened = emptyLines > 0 || !block ? openBlock(line) : undefined;
    if (block) extendLast(block, '\n'.repeat(opened ? emptyLines - 1 : emptyLines));
    emptyLines = 0;
    if (opened) blocks.push(opened);
    else if (!block || !readLine(block, line)) complete = false;
  }
  const last = blocks.at(-1);
  if (last && emptyLines === 0) complete = false;
  if (last) extendLast(last, '\n'.repeat(Math.max(0, emptyLines - 1)));
  return { blocks: blocks.map(closed), complete };
}

function openBlock(line: string): OpenBlock | undefined {
  const [, kind, id] = HEADER.exec(line) ?? [];
  if (kind === undefined || id === undefined) return undefined;
  return { kind: KINDS[kind as keyof typeof KINDS], id, attributes: [] };
}

/** False when the line belongs to nothing. */
function readLine(block: OpenBlock, line: string): boolean {
  const [, name, value] = ATTRIBUTE.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    return extendLast(block, line.startsWith('\t') ? line.slice(1) : `\n${line}`);
  }
  block.attributes.push({ name, value });
  return true;
}

function extendLast({ attributes }: OpenBlock, text: string): boolean {
  const last = attributes.at(-1);
  if (last) last.value += text;
  return last !== undefined;
}

function closed({ attributes, ...block }: OpenBlock): QstatBlock {
  const values = new Map<string, string>();
  for (const { name, value } of attributes) if (!values.has(name)) values.set(name, value);
  return { ...block, values };
}

const MOMENT = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time as printed by a qstat that ran under TZ=UTC0 (`Sun Nov 22 07:24:53 2026`), in milliseconds; undefined: none. */
export function qstatTime(text: string | undefined): number | undefined {
  const match = MOMENT.exec(text?.trim() ?? '');
  const month = MONTHS.indexOf(match?.[1] ?? '');
  if (!match || month === -1) return undefined;
  const [day = 0, hours = 0, minutes = 0, seconds = 0, year = 0] = match.slice(2).map(Number);
  return Date.UTC(year, month, day, hours, minutes, seconds);
}
