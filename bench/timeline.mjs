// When the children of a program ran, and the longest chain of spans that do not overlap.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Looks every millisecond which children a process has. (strace, even with --seccomp-bpf, makes each file that a program
 * opens three times as slow: seen.) `stop` gives their spans `{title, start, end}`: until they ended, not until the
 * process noticed it.
 */
export function watchChildren(pid, clock) {
  const seen = new Map();
  const look = () => {
    const now = clock();
    for (const child of childrenOf(pid)) {
      if (!seen.has(child)) seen.set(child, { start: now });
      // Right after the fork it still shows its parent's command line.
      if (!seen.get(child).end) seen.get(child).title = titleOf(child) ?? seen.get(child).title;
    }
    for (const [child, span] of seen) {
      if (span.end === undefined && !lives(child)) span.end = now;
    }
  };
  const timer = setInterval(look, 1);
  return {
    stop() {
      clearInterval(timer);
      look();
      return [...seen.values()];
    },
  };
}

function childrenOf(pid) {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean);
}

/** A zombie is over. */
function lives(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** `sinfo -h -o %R|%l|%a`, cut; the text of a program (`python3 -c …`) is left out. */
function titleOf(pid) {
  const line = read(`/proc/${pid}/cmdline`);
  if (!line) return undefined;
  const [file, ...args] = line.split('\0');
  return [basename(file), ...args.map((text) => text.replace(/\n.*/s, '…'))].join(' ').trim().slice(0, 60);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
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
