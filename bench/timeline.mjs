// When the children of a program ran, from a record of strace, and the longest chain of spans that do not overlap.
import { basename } from 'node:path';

/** strace's options. With --seccomp-bpf nothing but these calls is stopped: the program runs almost at full speed. */
export const STRACE = [
  ...['/usr/bin/strace', '-f', '--seccomp-bpf', '-q', '-ttt', '-s', '80', '-e', 'signal=none'],
  ...['-e', 'trace=execve,fork,vfork,clone,clone3'],
];

/**
 * `{start, end, children}` of the program that strace started, in milliseconds since the epoch. A child's span goes from
 * its first execve to its end; what the program does to start it and to notice its end is the program's own.
 */
export function readTimeline(trace) {
  const processes = new Map();
  let main;
  for (const line of trace.split('\n')) {
    const [, pid, seconds, what] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? [];
    if (pid === undefined) continue;
    const at = Number(seconds) * 1000;
    main ??= pid;
    noteForked(processes, pid, what);
    noteExec(processes, pid, at, what);
    if (/^\+\+\+ (exited|killed)/.test(what)) {
      const found = processes.get(pid);
      if (found) found.end = at;
    }
  }
  const { start, end } = processes.get(main);
  const children = [...processes.values()].filter(
    (one) => one.parent === main && one.start !== undefined && one.end !== undefined,
  );
  return { start, end, children };
}

function noteForked(processes, pid, what) {
  const child = /(?:fork|clone3?)(?:\(| resumed).* = (\d+)$/.exec(what)?.[1];
  if (child === undefined) return;
  processes.set(child, { ...processes.get(child), parent: pid });
}

/** The first try counts as the start: a program is looked for in each folder of PATH. */
function noteExec(processes, pid, at, what) {
  const found = /^execve\("[^"]*", \[(.*)\]/.exec(what);
  if (!found) return;
  const known = processes.get(pid);
  if (known?.start !== undefined) return;
  processes.set(pid, { ...known, title: titleOf(found[1]), start: at });
}

/** `sinfo -h -o %R|%l|%a`, cut. */
function titleOf(quoted) {
  const [file = '', ...args] = [...quoted.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text);
  return [basename(file), ...args.map((text) => text.replace(/\\n.*/s, '…'))].join(' ').trim().slice(0, 60);
}

/** Of spans `{start, end}` those that do not overlap and together last longest, in order of time. */
export function longestChain(spans) {
  const byEnd = [...spans].sort((a, b) => a.end - b.end);
  const best = [{ total: 0, chain: [] }];
  for (const [index, span] of byEnd.entries()) {
    const before = byEnd.filter((other, place) => place < index && other.end <= span.start).length;
    const taken = {
      total: best[before].total + span.end - span.start,
      chain: [...best[before].chain, span],
    };
    best.push(taken.total > best[index].total ? taken : best[index]);
  }
  return best.at(-1).chain;
}
