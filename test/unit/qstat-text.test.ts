import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { qstatTime, readQstat } from '../../src/qstat-text.js';
import { recordedRun, recordedRuns } from './recorded.js';

function onlyBlock(name: string, command: RegExp) {
  const { blocks, complete } = readQstat(recordedRun(name, command).stdout);
  expect(complete).toBe(true);
  expect(blocks).toHaveLength(1);
  return blocks[0]!;
}

describe('what qstat -f printed', () => {
  it('is read the same with broken lines (qstat -f) and without (qstat -f -1)', () => {
    for (const recording of ['qstat_state_R', 'qstat_state_Q', 'qstat_state_H', 'qstat_state_C_exit3']) {
      const broken = onlyBlock(`torque/${recording}`, /^qstat -f \d/);
      expect(broken).toEqual(onlyBlock(`torque/${recording}`, /^qstat -f -1 /));
      expect(broken.values.get('Variable_List')).toMatch(/^PBS_O_QUEUE=.*,PBS_O_SERVER=vm$/);
    }
  });

  it('is read the same with broken lines (qstat -f) and without (qstat -f -w) from OpenPBS', () => {
    for (const recording of ['qstat_state_R', 'qstat_state_Q', 'qstat_state_H', 'qstat_state_W']) {
      const broken = onlyBlock(`openpbs/${recording}`, /^qstat -f '/);
      expect(broken).toEqual(onlyBlock(`openpbs/${recording}`, /^qstat -f -w /));
    }
  });

  it('is read in words that were broken, and behind a last break with nothing more', () => {
    const killed = onlyBlock('openpbs/walltime_kill', /^qstat -xf/);
    expect(killed.values.get('comment')).toBe(
      'Job run at Sun Nov 22 at 07:31 on (vm:ncpus=1:mem=262144kb) and exceeded resource walltime',
    );
    expect(killed.values.get('Exit_status')).toBe('-29');
    expect(killed).toMatchObject({ kind: 'job', id: '55.vm' });
    const waiting = onlyBlock('torque/qstat_state_Q', /^qstat -f \d/);
    expect(waiting.values.get('comment')).toBe(
      'Not Running: Not enough of the right type of nodes are available',
    );
    expect(waiting.values.get('etime')).toBe('Sun Nov 22 07:09:37 2026');
  });

  it.each(['torque', 'openpbs'])('of the queues of %s gives each queue', (scheduler) => {
    const { blocks, complete } = readQstat(recordedRun(`${scheduler}/qstat_Q`, /^qstat -Qf/).stdout);
    expect(complete).toBe(true);
    expect(blocks.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual([
      expect.stringMatching(/^queue (batch|closed)$/),
      expect.stringMatching(/^queue (closed|debug)$/),
      expect.stringMatching(/^queue (debug|stopped)$/),
      expect.stringMatching(/^queue (stopped|workq)$/),
    ]);
    const debug = blocks.find(({ id }) => id === 'debug');
    expect(debug?.values.get('resources_max.walltime')).toBe('00:30:00');
    expect(debug?.values.get('enabled')).toBe('True');
  });

  it('of the server is read', () => {
    const server = onlyBlock('torque/qstat_Q', /^qstat -Bf/);
    expect(server).toMatchObject({ kind: 'server', id: 'vm' });
    expect(server.values.get('pbs_version')).toBe('6.1.3.h5');
  });

  it('is complete in every recording of a plain `qstat -f`', () => {
    let seen = 0;
    for (const scheduler of ['torque', 'openpbs']) {
      for (const file of readdirSync(new URL(`../fixtures/recorded/${scheduler}`, import.meta.url))) {
        for (const { command, stdout } of recordedRuns(`${scheduler}/${file.replace('.txt', '')}`)) {
          if (!/^qstat (-f|-xf|-Qf|-Bf|-f -1|-f -w) ?[\d.a-z']*$/.test(command)) continue;
          expect(readQstat(stdout), `${scheduler}/${file}: ${command}`).toMatchObject({ complete: true });
          if (stdout !== '') seen++;
        }
      }
    }
    expect(seen).toBeGreaterThan(20);
  });
});

describe('a part of it', () => {
  const text = recordedRun('torque/qstat_state_R', /^qstat -f \d/).stdout;

  it('never counts as complete, wherever it was cut', () => {
    for (let length = 1; length < text.length; length++) {
      expect(readQstat(text.slice(0, length)).complete, `${length}`).toBe(false);
    }
  });

  it.each([
    ['a notice before the blocks', `Welcome to the cluster.\n${text}`],
    ['a notice behind an id', text.replace('\n', '\nqstat: something\n')],
  ])('is incomplete with %s, and is read', (_, mixed) => {
    const { blocks, complete } = readQstat(mixed);
    expect(complete).toBe(false);
    expect(blocks[0]?.values.get('job_state')).toBe('R');
  });

  it('says nothing when there is nothing', () => {
    expect(readQstat('')).toEqual({ blocks: [], complete: true });
  });
});

describe('a variable with newlines', () => {
  const job = (id: string, state: string, variables: string) =>
    `Job Id: ${id}\n    job_state = ${state}\n    Variable_List = ${variables}\n    exit_status = 0\n\n`;

  it('is read with them, up to the next attribute', () => {
    const definition = 'module=() {  eval `/usr/bin/modulecmd bash $*`\n\n}\nX=1\n';
    const { blocks } = readQstat(job('1.vm', 'R', definition) + job('2.vm', 'Q', 'A=1'));
    expect(blocks.map(({ id }) => id)).toEqual(['1.vm', '2.vm']);
    expect(blocks[0]?.values.get('Variable_List')).toBe(definition);
    expect(blocks[0]?.values.get('exit_status')).toBe('0');
  });

  it('does not change what the job said before it', () => {
    const { blocks } = readQstat(job('1.vm', 'R', 'A=\n    job_state = C\n    exit_status = 7'));
    expect(blocks[0]?.values.get('job_state')).toBe('R');
  });

  it('can look like a job of its own: then two have the same id', () => {
    const { blocks } = readQstat(
      job('1.vm', 'R', 'A=1') + job('2.vm', 'R', 'A=\n\nJob Id: 1.vm\n    job_state = C'),
    );
    expect(blocks.map(({ id }) => id)).toEqual(['1.vm', '2.vm', '1.vm']);
  });
});

describe('any values', () => {
  const name = fc.stringMatching(/^[A-Za-z_][\w.]{0,12}$/);
  const id = fc.stringMatching(/^[1-9]\d{0,5}(\[\d{0,3}\])?\.[a-z]{1,8}$/);
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('\n', '\n\n', '\r', '\u2028', '\t', '    ', ' = ', 'Job Id: 1.vm', ',', '}', '#'),
  );
  /** What the format cannot carry: a line behind a newline that looks like one of its own, or will when it is broken. */
  const ambiguous = /\n(\t| {4}[^\s=]+ = |\n*(Job Id|Queue|Server): \S)/;
  const value = fc
    .array(piece, { maxLength: 8 })
    .map((pieces) => pieces.join(''))
    .filter((text) => !ambiguous.test(text));
  const attributes = fc.uniqueArray(fc.tuple(name, value, fc.array(fc.nat())), {
    minLength: 1,
    maxLength: 5,
    selector: ([key]) => key,
  });
  const blocks = fc.array(
    fc.record({
      kind: fc.constantFrom(['Job Id', 'job'] as const, ['Queue', 'queue'] as const),
      id,
      attributes,
    }),
    { maxLength: 4 },
  );

  function withBreaks(text: string, places: readonly number[]): string {
    const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => b - a);
    return at.reduce((broken, place) => `${broken.slice(0, place)}\n\t${broken.slice(place)}`, text);
  }

  it('come back exactly, broken at any places and with newlines of their own', () => {
    fc.assert(
      fc.property(blocks, fc.boolean(), (jobs, broken) => {
        const text = jobs
          .map(({ kind, id, attributes }) => {
            const lines = attributes.map(
              ([key, said, places]) => `    ${key} = ${broken ? withBreaks(said, places) : said}\n`,
            );
            return `${kind[0]}: ${id}\n${lines.join('')}\n`;
          })
          .join('');
        expect(readQstat(text)).toEqual({
          complete: true,
          blocks: jobs.map(({ kind, id, attributes }) => ({
            kind: kind[1],
            id,
            values: new Map(attributes.map(([key, said]) => [key, said])),
          })),
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('is text that never throws, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readQstat(text)));
  });
});

describe('a time that qstat printed', () => {
  it('is in UTC', () => {
    expect(qstatTime('Sun Nov 22 07:09:37 2026')).toBe(Date.parse('2026-11-22T07:09:37Z'));
    expect(qstatTime(' Thu Jan  1 00:00:00 2026\n')).toBe(Date.parse('2026-01-01T00:00:00Z'));
  });

  it.each(['2026-11-22T07:09:37', 'Sun Nix 22 07:09:37 2026', '', undefined, '1795331255'])(
    'is none: %s',
    (text) => {
      expect(qstatTime(text)).toBeUndefined();
    },
  );
});
