import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pbsDirectives } from '../../../../src/scheduler/qsub/pbs-directives.js';
import {
  qsubDirective,
  qsubLines,
  resourceList,
  resources,
  words,
} from '../../../../src/scheduler/qsub/qsub-lines.js';
import { ownWords } from '../../../../src/scheduler/qsub/qsub-own.js';
import type { JobRequest, Rank, Ranked } from '../../../../src/scheduler/scheduler.js';
import { torqueDirectives } from '../../../../src/scheduler/qsub/torque-directives.js';
import { render } from '../../../../src/script/render.js';
import { qsubReads, type Read } from './qsub-reader.js';

const BASE: JobRequest = {
  name: 'jupyter-0123456789',
  workingDirectory: '/h/a/sessions/s1',
  logFile: '/h/a/sessions/s1/job.log',
  walltime: { value: 90, rank: 'lower' },
};
const KINDS = { torque: torqueDirectives, pbs: pbsDirectives };
type Kind = keyof typeof KINDS;

const upper = <T>(value: T): Ranked<T> => ({ value, rank: 'upper' });
const lower = <T>(value: T): Ranked<T> => ({ value, rank: 'lower' });

function template(...own: string[]): string {
  return ['#!/bin/bash', '# mine', ...own, 'session_dir={{session_dir}}', 'true', ''].join('\n');
}

function rendered(kind: Kind, request: Partial<JobRequest>, ...own: string[]): string {
  const directives = KINDS[kind]({ ...BASE, ...request }, template(...own));
  return render(directives.template ?? '', { session_dir: '/s', server: 'notebook' }, directives);
}

/** What qsub makes of it, whichever of two lines it takes: they have to agree. */
function read(kind: Kind, request: Partial<JobRequest>, ...own: string[]): Record<string, string> {
  const said: Read = qsubReads(rendered(kind, request, ...own));
  expect(said.first).toEqual(said.last);
  return { ...said.options, ...said.last };
}

const code = (thrown: () => unknown): unknown => {
  try {
    thrown();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

describe.each(['torque', 'pbs'] as const)('the directives for %s', (kind) => {
  it('say what the session rests on and the time, and nothing that nobody asked for', () => {
    const file = '/h/a/sessions/s1/scheduler.log';
    expect(read(kind, {})).toEqual({
      ...{ N: BASE.name, S: '/bin/bash', r: 'n', j: 'oe', o: file },
      walltime: '01:30:00',
    });
  });

  it('ask for mail, in the place of what the template says of it', () => {
    const own = ['#PBS -m n -M boss@example.org'];
    expect(read(kind, { mail: upper({ to: "o'hara@example.org" }) }, ...own)).toMatchObject({
      ...{ m: 'abe', M: "o'hara@example.org" },
    });
    expect(read(kind, { mail: upper({}) }, ...own)).toMatchObject({ m: 'abe', M: 'boss@example.org' });
    expect(read(kind, { mail: upper({}) })).not.toHaveProperty('M');
    // The job looks at the clock itself.
    expect(rendered(kind, { warnBefore: upper(5) })).toBe(rendered(kind, {}));
  });

  it('beat what a template says against the session, and leave the rest of its line', () => {
    const own = [
      '#PBS -N mine -j n -o /tmp/x -e /tmp/y',
      '#PBS -koe -m abe -zS /bin/tcsh -l walltime=60,file=2gb',
      // Run again, at a terminal, or many times over.
      `#PBS -Ir y -${kind === 'torque' ? 't' : 'J'} 1-4`,
    ];
    const script = rendered(kind, {}, ...own);
    expect(script).toContain('\n##PBS -N mine -j n -o /tmp/x -e /tmp/y\n');
    expect(script).toContain('\n#PBS -m abe -l walltime=60,file=2gb\n');
    expect(script).not.toMatch(/^#PBS.* y/m);
    expect(read(kind, {}, ...own)).toEqual({
      ...{ N: BASE.name, S: '/bin/bash', r: 'n', j: 'oe', o: '/h/a/sessions/s1/scheduler.log' },
      ...{ m: 'abe', walltime: '60', file: '2gb' },
    });
  });

  it('beat also what has blanks before it, which qsub reads all the same', () => {
    const own = ['  #PBS -N mine -q slow', '\t#PBS -l walltime=60'];
    const asked = { partition: upper('fast'), walltime: upper(15) };
    expect(read(kind, asked, ...own)).toMatchObject({ N: BASE.name, q: 'fast', walltime: '00:15:00' });
  });

  it.each<{ title: string; rank: Rank; expected: Record<string, string> }>([
    {
      title: 'the command line beats the template',
      rank: 'upper',
      expected: { q: 'asked', A: 'asked', walltime: '01:30:00' },
    },
    {
      title: 'the template beats the configuration',
      rank: 'lower',
      expected: { q: 'own', A: 'own', walltime: '33' },
    },
  ])('$title', ({ rank, expected }) => {
    const request = {
      partition: { value: 'asked', rank },
      account: { value: 'asked', rank },
      walltime: { value: 90, rank },
    };
    expect(read(kind, request, '#PBS -q own', '#PBS -A own -l walltime=33')).toMatchObject(expected);
  });

  it('leave out a path that -o would read otherwise', () => {
    for (const directory of [
      '/h/a:b/s',
      '/h/$HOME/s',
      '/h/a b/s',
      `/h/${'x'.repeat(600)}`,
      '/h/^array_index^',
    ]) {
      const said = qsubReads(rendered(kind, { workingDirectory: directory })).options;
      expect(said['o']).toBeUndefined();
    }
  });

  it('let the script write its log itself, from its first command on', () => {
    const script = rendered(kind, { logFile: "/h/it's $(x)/job.log" });
    expect(script).toContain(`\nexec >>'/h/it'\\''s $(x)/job.log' 2>&1\nsession_dir='/s'\n`);
  });

  it.skipIf(process.platform === 'win32')('leave a script that bash takes', () => {
    const script = rendered(kind, { partition: upper('asked') }, '#PBS -q own -l walltime=5');
    execFileSync('bash', ['-n'], { input: script });
  });

  it('refuse a list of queues', () => {
    expect(code(() => KINDS[kind]({ ...BASE, partition: upper('a,b') }, ''))).toBe('bad-option');
  });

  it('refuse a directive that goes on in the next line', () => {
    expect(code(() => rendered(kind, {}, '#PBS -l nodes=1:\\', '#ppn=4'))).toBe('bad-template');
  });

  it('name nothing twice, whatever is asked for and whatever the template says', () => {
    const rank = fc.constantFrom<Rank>('upper', 'lower');
    const ranked = <T>(value: fc.Arbitrary<T>) => fc.option(fc.record({ value, rank }), { nil: undefined });
    const request = fc.record({
      partition: ranked(fc.constantFrom('a', 'b')),
      account: ranked(fc.constantFrom('x', 'y')),
      nodes: ranked(fc.integer({ min: 1, max: 9 })),
      cpus: ranked(fc.integer({ min: 1, max: 99 })),
      memory: ranked(fc.constantFrom('4G', '500M', '7')),
    });
    const own = fc.array(
      fc.constantFrom(
        '-q own',
        '-A own',
        '-l walltime=60',
        '-l nodes=1:ppn=2',
        '-l nodes=2:ppn=2+1:gpus=1',
        '-l select=2:ncpus=3',
        '-l mem=1gb',
        '-m n',
        '-l pmem=2gb,walltime=9',
        '-r y',
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(request, own, (asked, said) => {
        // A template's own contradictions stay its own.
        const names = said.flatMap((line) =>
          [...line.matchAll(/-([qAmr])\b|(\w+)=/g)].map((match) => match[1] ?? match[2]),
        );
        fc.pre(new Set(names).size === names.length);
        const given = Object.fromEntries(
          Object.entries(asked).filter(([, value]) => value !== undefined),
        ) as Partial<JobRequest>;
        const lines = said.map((line) => `#PBS ${line}`);
        // What cannot be put together is refused, never guessed.
        const refused = code(() => rendered(kind, given, ...lines));
        if (refused !== undefined) {
          expect(refused).toBe('bad-option');
          return;
        }
        const result = read(kind, given, ...lines);
        const wins = (key: 'partition' | 'account', letter: string) => {
          const mine = asked[key];
          const its = (said as string[]).includes(`-${letter} own`);
          expect(result[letter]).toBe(mine?.rank === 'upper' || !its ? mine?.value : 'own');
        };
        wins('partition', 'q');
        wins('account', 'A');
        expect(result['N']).toBe(BASE.name);
        expect(result['r']).toBe('n');
        if (kind === 'pbs')
          expect(
            result['nodes'] !== undefined &&
              result['select'] !== undefined &&
              !said.some((line) => line.includes('select')),
          ).toBe(false);
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});

describe('nodes and what belongs to them, for Torque', () => {
  it.each<[string, Partial<JobRequest>, string[], string | undefined]>([
    ['nobody asks', {}, [], undefined],
    ['processors', { cpus: upper(8) }, [], '1:ppn=8'],
    [
      'all of it',
      {
        nodes: lower(2),
        cpus: upper(8),
        gpus: upper({ count: 1, form: 'gpus' }),
        constraint: upper('ib&big'),
      },
      [],
      '2:ppn=8:gpus=1:ib:big',
    ],
    [
      'an option takes its place in the template’s line',
      { cpus: upper(8) },
      ['#PBS -l nodes=2:ppn=4:gpus=1:ib'],
      '2:ppn=8:gpus=1:ib',
    ],
    [
      'the configuration fills what the template leaves open',
      { nodes: lower(9), cpus: lower(9), gpus: lower({ count: 1, form: 'gpus' }) },
      ['#PBS -l nodes=2:ppn=4'],
      '2:ppn=4:gpus=1',
    ],
    [
      'a property of the command line replaces the template’s',
      { constraint: upper('big') },
      ['#PBS -l nodes=1:gpus=1:shared:ib'],
      '1:gpus=1:shared:big',
    ],
    [
      'the configuration gives way to several kinds of nodes',
      { cpus: lower(9) },
      ['#PBS -l nodes=1:ppn=2+2:ppn=4'],
      '1:ppn=2+2:ppn=4',
    ],
    ['the configuration gives way to procs', { cpus: lower(9) }, ['#PBS -l procs=12'], undefined],
    ['an option replaces procs', { cpus: upper(9) }, ['#PBS -l procs=12'], '1:ppn=9'],
  ])('%s', (_title, request, own, nodes) => {
    expect(read('torque', request, ...own)['nodes']).toBe(nodes);
  });

  it('takes its place in the line of the template that counts', () => {
    const gpus = upper({ count: 1, form: 'gpus' as const });
    const twice = (name: string, text: string) => [
      `#PBS -l ${name}=2:${text}=2`,
      `#PBS -l ${name}=4:${text}=4`,
    ];
    expect(read('torque', { gpus }, ...twice('nodes', 'ppn'))['nodes']).toBe('4:ppn=4:gpus=1');
    expect(read('pbs', { gpus }, ...twice('select', 'ncpus'))['select']).toBe('2:ncpus=2:ngpus=1');
  });

  it('cannot put an option into several kinds of nodes', () => {
    expect(code(() => rendered('torque', { cpus: upper(9) }, '#PBS -l nodes=1:ppn=2+2:ppn=4'))).toBe(
      'bad-option',
    );
    expect(code(() => rendered('torque', { nodes: upper(9) }, '#PBS -l nodes=n0123:ppn=2'))).toBe(
      'bad-option',
    );
  });

  it.each<[string, Partial<JobRequest>, string[], string | undefined]>([
    ['a node’s', { memory: upper('4G') }, [], '4gb'],
    ['times the nodes', { memory: upper('4G'), nodes: upper(3) }, [], '12gb'],
    ['times the template’s nodes', { memory: upper('500') }, ['#PBS -l nodes=1:ppn=2+2:ppn=4'], '1500mb'],
    ['the template’s own', { memory: lower('4G') }, ['#PBS -l mem=1gb'], '1gb'],
    [
      'none beside the template’s memory of a process',
      { memory: lower('4G') },
      ['#PBS -l pmem=1gb'],
      undefined,
    ],
  ])('memory: %s', (_title, request, own, mem) => {
    expect(read('torque', request, ...own)['mem']).toBe(mem);
  });

  it('what Moab and Maui read', () => {
    const request = {
      ...{ qos: upper('high'), reservation: upper('course.7'), gres: upper('matlab:2,fluent=1') },
      gpus: upper({ count: 2, form: 'gres' as const }),
    };
    expect(read('torque', request)).toMatchObject({
      qos: 'high',
      advres: 'course.7',
      gres: 'gpus:2%matlab:2%fluent:1',
    });
    expect(code(() => rendered('torque', { qos: upper('a,b') }))).toBe('bad-option');
    expect(code(() => rendered('torque', { constraint: upper('a|b') }))).toBe('bad-option');
  });
});

describe('chunks, for PBS', () => {
  it.each<[string, Partial<JobRequest>, string[], Record<string, string | undefined>]>([
    ['nobody asks', {}, [], { select: undefined, place: undefined }],
    [
      'cores and memory',
      { cpus: upper(8), memory: lower('4G') },
      [],
      { select: '1:ncpus=8:mem=4gb', place: undefined },
    ],
    [
      'nodes are different ones',
      { nodes: upper(2), cpus: upper(8) },
      [],
      { select: '2:ncpus=8', place: 'scatter' },
    ],
    [
      'unless the template says where',
      { nodes: upper(2) },
      ['#PBS -l place=pack'],
      { select: '2', place: 'pack' },
    ],
    ['GPUs in either form', { gpus: upper({ count: 2, form: 'gres' }) }, [], { select: '1:ngpus=2' }],
    [
      'the centre’s own',
      { gres: upper('lscratch=10gb,license:2,ib') },
      [],
      { select: '1:lscratch=10gb:license=2:ib=1' },
    ],
    [
      'an option takes its place in the template’s line',
      { cpus: upper(8) },
      ['#PBS -l select=2:ncpus=4:mem=8gb:mpiprocs=2'],
      { select: '2:ncpus=8:mem=8gb:mpiprocs=2', place: undefined },
    ],
    [
      'a chunk without a count',
      { memory: lower('4G') },
      ['#PBS -l select=ncpus=4'],
      { select: '1:ncpus=4:mem=4gb' },
    ],
    [
      'the configuration gives way to the old form',
      { cpus: lower(8), memory: lower('4G') },
      ['#PBS -l nodes=1:ppn=4'],
      { select: undefined, nodes: '1:ppn=4' },
    ],
    [
      'what is asked of the whole job stays so',
      { cpus: upper(8), gpus: lower({ count: 1, form: 'gpus' }), memory: lower('4G') },
      ['#PBS -l ncpus=4,mem=2gb'],
      { select: undefined, ncpus: '8', ngpus: '1', mem: '2gb' },
    ],
    [
      'the configuration gives way to several chunks',
      { cpus: lower(8) },
      ['#PBS -l select=1:ncpus=4+2:ncpus=2'],
      { select: '1:ncpus=4+2:ncpus=2' },
    ],
    [
      'a reservation is a queue',
      { reservation: upper('R123.server'), partition: lower('batch') },
      ['#PBS -q own'],
      { q: 'R123' },
    ],
    [
      'of the configuration it gives way',
      { reservation: lower('R123'), partition: upper('batch') },
      [],
      { q: 'batch' },
    ],
  ])('%s', (_title, request, own, expected) => {
    const said = read('pbs', request, ...own);
    expect(Object.fromEntries(Object.keys(expected).map((key) => [key, said[key]]))).toEqual(expected);
  });

  it.each<[string, Partial<JobRequest>, string[]]>([
    ['a QOS', { qos: lower('high') }, []],
    ['a constraint', { constraint: upper('intel') }, []],
    ['a reservation that is none', { reservation: upper('course') }, []],
    ['a queue and a reservation', { reservation: upper('R1'), partition: upper('b') }, []],
    ['a resource that is none', { gres: upper('gpu:v100:2') }, []],
    ['the old form and an option', { cpus: upper(8) }, ['#PBS -l nodes=1:ppn=4']],
    ['a memory of the whole job and nodes', { nodes: upper(8) }, ['#PBS -l mem=4gb']],
    ['several chunks and an option', { memory: upper('8G') }, ['#PBS -l select=1:ncpus=4+2:ncpus=2']],
  ])('refuse %s', (_title, request, own) => {
    expect(code(() => rendered('pbs', request, ...own))).toBe('bad-option');
  });
});

describe('a template’s own lines', () => {
  it.each([
    ['#PBS -q debug', { partition: 'debug' }],
    ['#PBS -qdebug -Aproj', { partition: 'debug', account: 'proj' }],
    ['#PBS -hq debug', { partition: 'debug' }],
    ['#PBS -q "debug"', { partition: 'debug' }],
    ['#PBS -l nodes=1:ppn=4,walltime=01:00:00', { time: '01:00:00' }],
    ['#PBS-l walltime=5', { time: '5' }],
    [' \t#PBS -q debug', { partition: 'debug' }],
    ['\u00a0#PBS -q debug', {}],
    ['##PBS -q debug', {}],
    ['#pbs -q debug', {}],
    ['#PBS -q', {}],
    ["#PBS -q 'open", {}],
    ['#PBS -q debug # comment', {}],
    ['true\n#PBS -q late', {}],
  ])('%j', (line, said) => {
    expect(ownWords(`#!/bin/bash\n${line}\ntrue\n`, 'last', ['A'])).toEqual(said);
  });

  it('count as the scheduler counts them', () => {
    const text = '#!/bin/bash\n#PBS -q a -l walltime=60 -P p\n#PBS -q b -l walltime=120\n';
    expect(ownWords(text, 'last', ['A'])).toEqual({ partition: 'b', time: '120' });
    expect(ownWords(text, 'first', ['A', 'P'])).toEqual({ partition: 'b', time: '60', account: 'p' });
  });

  it('come back from a written line, whatever they say', () => {
    const value = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => !/[\n\r\0]/.test(text) && text.trim() !== '');
    fc.assert(
      fc.property(fc.constantFrom('A', 'q', 'N', 'm'), value, (letter, text) => {
        const line = qsubDirective([{ letter, value: text }]);
        expect(qsubReads(`#!/bin/bash\n${line}\n`).options).toEqual({ [letter]: text });
        expect(qsubLines(`#!/bin/bash\n${line}\n`)).toEqual([
          { index: 1, options: [{ letter, value: text }] },
        ]);
      }),
      { seed: 3, numRuns: 300 },
    );
    expect(code(() => qsubDirective([{ letter: 'A', value: 'a\nb' }]))).toBe('bad-option');
    expect(code(() => qsubDirective([{ letter: 'A', value: '' }]))).toBe('bad-option');
  });

  it('split into words as qsub splits them', () => {
    expect(words(` -A 'a b'"c d" e\\ f `)).toEqual(['-A', 'a bc d', 'e f']);
    expect(words(`-A "it's" '"'`)).toEqual(['-A', "it's", '"']);
    expect(words(`-A "open`)).toBeUndefined();
    expect(words('')).toEqual([]);
  });

  it('split into resources', () => {
    const text = `nodes=1:ppn=4,walltime=1:00,software="a,b",hostlist=n[1,2],nice`;
    expect(resources(text)).toEqual([
      ['nodes', '1:ppn=4'],
      ['walltime', '1:00'],
      ['software', '"a,b"'],
      ['hostlist', 'n[1,2]'],
      ['nice', ''],
    ]);
    expect(resourceList(resources(text))).toBe(text);
  });
});
