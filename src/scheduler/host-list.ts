/** Slurm's short form of a list of nodes: `a[014,055-056],login1`, `rack[0-1]n[01-20]`. */

/** Whether the list has the node. What is not understood names no node. */
export function hostListHas(list: string, node: string): boolean {
  return entries(list).some((entry) => entryHas(entry, node));
}

/** Slurm has as many dimensions as a name has numbers; far more could take for ever to compare. */
const MOST_BRACKETS = 5;

/** Commas in brackets separate no entries. */
function entries(list: string): string[] {
  if (/[[\]]/.test(list.replace(/\[[^[\]]*\]/g, ''))) return [];
  return list.match(/(?:[^,[\]]|\[[^[\]]*\])+/g) ?? [];
}

function entryHas(entry: string, node: string): boolean {
  const ranges: string[] = [];
  const pattern = entry.replace(/\[([^[\]]*)\]|[^[\]]/g, (piece: string, inside: string | undefined) => {
    if (inside === undefined) return piece.replace(/\W/, String.raw`\$&`);
    ranges.push(inside);
    return '([0-9]+)';
  });
  if (ranges.length > MOST_BRACKETS) return false;
  const numbers = new RegExp(`^${pattern}$`).exec(node)?.slice(1);
  return numbers?.every((number, index) => rangesHave(ranges[index] ?? '', number)) ?? false;
}

function rangesHave(ranges: string, number: string): boolean {
  return ranges.split(',').some((range) => {
    const [, low, high = low] = /^([0-9]+)(?:-([0-9]+))?$/.exec(range) ?? [];
    if (low === undefined || high === undefined) return false;
    const value = Number(number);
    // 8-12 means 8 and 12, 08-12 means 08: as wide as the lower end, at least.
    const written = String(value).padStart(low.length, '0');
    return number === written && value >= Number(low) && value <= Number(high);
  });
}
