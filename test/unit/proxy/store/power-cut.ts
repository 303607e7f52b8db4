/**
 * What a power cut would leave, from a trace of strace: of every file what was flushed, under the names that their folder
 * was flushed with. The worst case: nothing else has reached the disk.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** For `strace -o`: everything that changes a file, with all its bytes in hexadecimal. */
export const TRACED = ['-f', '-y', '-xx', '-s', '65536', '-e', 'signal=none', '-e'].concat(
  'trace=openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,unlink',
);

interface File {
  content: Buffer;
  flushed: Buffer;
}

const CALL = /^\d+ +(\w+)\((.*)\) += (-?\d+)/;

export class PoweredDisk {
  private readonly names = new Map<string, File>();
  private flushedNames = new Map<string, File>();

  constructor(private readonly folder: string) {}

  /** Plays a trace, and tells each line that the program printed, when everything before it has happened. */
  play(trace: string, printed: (line: string) => void): void {
    const begun = new Map<string, string>();
    for (const line of trace.split('\n')) {
      const [, pid = ''] = /^(\d+) /.exec(line) ?? [];
      const resumed = /^\d+ +<\.\.\. \w+ resumed>(.*)$/.exec(line);
      const whole = resumed ? `${begun.get(pid) ?? ''}${resumed[1]}` : line;
      const unfinished = whole.indexOf(' <unfinished ...>');
      // What is printed counts from the call's start, everything else from its end.
      const says = /^\d+ +write\(1<[^>]*>, "([^"]*)"/.exec(resumed ? '' : line);
      if (says) printed(bytes(says[1]).toString().trimEnd());
      else if (unfinished >= 0) begun.set(pid, whole.slice(0, unfinished));
      else this.call(whole);
    }
  }

  /** Puts what is left into a folder. */
  leave(folder: string): void {
    mkdirSync(folder, { mode: 0o700 });
    for (const [path, { flushed }] of this.flushedNames) {
      writeFileSync(join(folder, basename(path)), flushed, { mode: 0o600 });
    }
  }

  private call(line: string): void {
    const [, call = '', values = '', result] = CALL.exec(line) ?? [];
    if (result === undefined || Number(result) < 0) return;
    const [, open = ''] = /^\d+<([^>]*)>/.exec(values) ?? [];
    const texts = [...values.matchAll(/"([^"]*)"/g)].map(([, text]) => bytes(text));
    const numbers = values.split(', ').slice(-2).map(Number);
    const path = (open === '' ? texts[0] : bytes(open))?.toString() ?? '';
    if (path === this.folder && call === 'fsync') this.flushedNames = new Map(this.names);
    if (dirname(path) !== this.folder) return;
    const file = this.names.get(path);
    if (call === 'openat' && values.includes('O_CREAT') && !file) {
      this.names.set(path, { content: Buffer.alloc(0), flushed: Buffer.alloc(0) });
    } else if (call === 'unlink') this.names.delete(path);
    else if (call === 'rename' && file) {
      this.names.delete(path);
      this.names.set(texts[1]?.toString() ?? '', file);
    } else if (!file) return;
    else if (call === 'pwrite64') file.content = written(file.content, texts[0]!, numbers[1]!);
    else if (call === 'ftruncate')
      file.content = written(file.content.subarray(0, numbers[1]), Buffer.alloc(0), numbers[1]!);
    else if (call === 'fsync' || call === 'fdatasync') file.flushed = file.content;
  }
}

function written(before: Buffer, data: Buffer, at: number): Buffer {
  const after = Buffer.alloc(Math.max(before.length, at + data.length));
  before.copy(after);
  data.copy(after, at);
  return after;
}

function bytes(text = ''): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}
