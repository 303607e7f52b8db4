// The results as a table for people.

const AIMS = {
  version: { ms: 20, files: 40 },
  share: { ms: 120 },
  firstByte: { ms: 20 },
  listening: { ms: 150 },
  list: { ms: 150 },
};

export function table({ machine, startUp, ownShare, listening, firstByte, list, skipped }) {
  return [
    `${machine.model}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, ${machine.priority} priority, ${machine.date}`,
    'Milliseconds: median [10 % to 90 %], n rounds; what is compared is taken in turns in every round.',
    '',
    ...(startUp ? startUpLines(startUp) : []),
    ...(ownShare ? ownShareLines(ownShare) : []),
    ...(listening ? listeningLines(listening) : []),
    ...(firstByte ? firstByteLines(firstByte) : []),
    ...(list ? listLines(list) : []),
    ...(skipped ? [`Not measured: (b) to (e): ${skipped}.`] : []),
  ].join('\n');
}

function startUpLines({ bare, version, help, dryRun }) {
  const line = (title, { over, ratio, files }, aim) =>
    row(
      `  ${title}`,
      over,
      `${ratio.toFixed(2)} times, ${files} more files${aim ? `; aim ${aim.ms}, ${aim.files} files` : ''}`,
    );
  return [
    '(a) Start-up over node -e 0',
    row('  node -e 0 itself', bare, `${bare.files} files`),
    line('--version', version, AIMS.version),
    line('--help', help),
    line('--dry-run --no-check', dryRun),
    '',
  ];
}

function ownShareLines({ bare, share, shareOverBare, wall, typical }) {
  return [
    '(b) The launcher’s own share of a launch on Slurm',
    row('  whole launch', wall),
    row('  less its longest chain of children and answers', share),
    row('  node -e 0', bare),
    row('  own share over node -e 0', shareOverBare, `aim ${AIMS.share.ms}`),
    `  A launch in the middle (${fixed(typical.wall)} in all, ${fixed(typical.share)} of it its own); * is on the longest chain:`,
    ...typical.spans.map(
      ({ title, after, took, onChain }) =>
        `  ${onChain ? '*' : ' '} after ${fixed(after).padStart(6)}  took ${fixed(took).padStart(6)}  ${title}`,
    ),
    '',
  ];
}

function listeningLines({ redeemed, sent, answered }) {
  return [
    '(d) Jupyter listening to the redeem’s answer, in a job',
    row('  in all', redeemed, `aim ${AIMS.listening.ms}`),
    row('  until the redeem is sent', sent),
    row('  from there to its answer', answered),
    '',
  ];
}

function firstByteLines({ firstByte, direct, overDirect }) {
  return [
    '(c) The redeem’s answer to the first byte through the name',
    row('  through the proxy', firstByte, `aim ${AIMS.firstByte.ms}`),
    row('  straight to Jupyter', direct),
    row('  the proxy’s part', overDirect),
    '',
  ];
}

function listLines({ bare, squeue, list, over }) {
  return [
    '(e) A list of 50 sessions that wait, of real jobs',
    row('  start-jupyter list', list),
    row('  node -e 0', bare),
    row('  squeue for all of them', squeue),
    row('  list over both', over, `aim ${AIMS.list.ms}`),
    '',
  ];
}

function row(title, { n, median, p10, p90 }, note = '') {
  const spread = `[${fixed(p10)} to ${fixed(p90)}]`;
  return `${title.padEnd(52)} ${fixed(median).padStart(7)} ${spread.padEnd(18)} n=${String(n).padEnd(3)} ${note}`.trimEnd();
}

function fixed(milliseconds) {
  return milliseconds.toFixed(1);
}
