// The results as Markdown, ready for docs/benchmarks.md.
import { LOADS, MEMORY } from './measure.mjs';

/** One table a path: a row each, our own first, and how ours stands to the best of the others (1 = level, 2 = twice as good). */
export function loadTable(contestants, results) {
  const loads = Object.keys(results);
  const titles = loads.map((load) =>
    MEMORY[load] ? `${MEMORY[load].title} KiB` : `${LOADS[load].title} ${LOADS[load].unit}`,
  );
  const digits = (load) => LOADS[load]?.digits ?? 0;
  const lines = [row(['proxy', 'work', ...titles]), row(['---', '---', ...titles.map(() => '---:')])];
  for (const [index, { title, work }] of contestants.entries()) {
    lines.push(row([title, work, ...loads.map((load) => results[load][index].toFixed(digits(load)))]));
  }
  const best = (load, among) =>
    Math.min(...results[load].filter((_, index) => among(contestants[index], index)));
  const ratio = (title, among) =>
    row([title, '', ...loads.map((load) => (best(load, among) / results[load][0]).toFixed(2))]);
  lines.push(ratio('**best of the others ÷ ours**', (_, index) => index > 0));
  const like = (other) =>
    other.work === contestants[0].work || other.work === `${contestants[0].work}, full handshakes`;
  const same =
    contestants[0].path === 'pinned'
      ? (one, index) => index > 0 && one.work.endsWith('full handshakes')
      : like;
  lines.push(ratio('**best at the same work ÷ ours**', (one, index) => index > 0 && same(one, index)));
  return lines.join('\n');
}

/** `sizes`: `{size: results of measureMappings}`. */
export function mappingTable(contestants, sizes) {
  const entries = Object.entries(sizes);
  const head = entries.flatMap(([size]) => [
    `at ${size}: ms`,
    'CPU ms',
    'p99 of others, calm → meanwhile',
    'longest, lost',
  ]);
  const lines = [row(['proxy', ...head]), row(['---', ...head.map(() => '---:')])];
  for (const [index, { title }] of contestants.entries()) {
    const cells = entries.flatMap(([, results]) => {
      if (results[index] === undefined) return ['does not serve', '', '', ''];
      const { ms, cpuMs, calm, during } = results[index];
      return [
        ms.toFixed(1),
        cpuMs.toFixed(1),
        `${calm.p99.toFixed(1)} → ${during.p99.toFixed(1)}`,
        `${during.max.toFixed(1)}, ${during.lost}`,
      ];
    });
    lines.push(row([title, ...cells]));
  }
  return lines.join('\n');
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}
