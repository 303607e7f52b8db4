// `npm run bench`: what docs/benchmarks.md reports, with the programs of `npm pack`'s tarball.
//
//   npm run bench -- [--json] [--only a,b,c,d,e] [--rounds N] [--package FOLDER]
//
// --only      (a) start-up, (b) a launch's own share, (c) first byte through the proxy, (d) Jupyter listening to redeemed,
//             (e) a list of 50 sessions
// --rounds    of (b) and (d); (a), (c) and (e) take four times as many (default: 10)
// --package   an unpacked package, in the place of packing this one
import { writeFileSync } from 'node:fs';
import { cpus, release, setPriority, type } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { holdBed, packedPackage, whyNoBed } from './bed.mjs';
import { measureFirstByte } from './first-byte.mjs';
import { measureListening } from './listening.mjs';
import { measureList } from './sessions.mjs';
import { measureOwnShare } from './own-share.mjs';
import { table } from './report.mjs';
import { measureStartUp } from './start-up.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: 'a,b,c,d,e' },
    rounds: { type: 'string', default: '10' },
    package: { type: 'string' },
  },
});
const wanted = values.only.split(',');
const rounds = Number(values.rounds);

const priority = raisePriority();
const unpacked = values.package
  ? { folder: resolve(values.package), remove: () => undefined }
  : packedPackage();
try {
  const results = await measure(unpacked.folder);
  console.log(values.json ? JSON.stringify(results, undefined, 2) : table(results));
} finally {
  unpacked.remove();
}

async function measure(folder) {
  const results = { machine: { ...machine(), priority } };
  if (wanted.includes('a')) results.startUp = measureStartUp(folder, process.execPath, 4 * rounds);
  if (wanted.join() === 'a') return results;
  const skipped = whyNoBed();
  if (skipped !== undefined) return { ...results, skipped };
  const bed = await holdBed();
  try {
    if (wanted.includes('b')) results.ownShare = await measureOwnShare(bed, folder, rounds);
    if (wanted.includes('c')) results.firstByte = await measureFirstByte(bed, folder, 4 * rounds);
    if (wanted.includes('e')) results.list = await measureList(bed, folder, 4 * rounds);
    if (wanted.includes('d')) results.listening = await measureListening(bed, folder, rounds);
  } finally {
    await bed.release();
  }
  return results;
}

/** For this and what it starts, so that what else runs on the machine counts less. Jobs have Slurm's. */
function raisePriority() {
  try {
    setPriority(-20);
  } catch {
    return 'normal';
  }
  try {
    // Where Linux groups processes by session, only the group's priority counts between sessions.
    writeFileSync('/proc/self/autogroup', '-20');
  } catch {
    // It does not group them.
  }
  return 'highest';
}

function machine() {
  return {
    model: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}
