import { describe, expect, it } from 'vitest';
import type { JobRequest } from '../../../../src/scheduler/scheduler.js';
import { slurmDirectives } from '../../../../src/scheduler/slurm/slurm-directives.js';

const SESSION: JobRequest = {
  name: 'jupyter-abc',
  workingDirectory: '/home/alice/s/1',
  logFile: '/home/alice/s/1/job.log',
  walltime: { value: 30, rank: 'lower' },
};

const BASE = [
  '#SBATCH --job-name=jupyter-abc',
  '#SBATCH --chdir=/home/alice/s/1',
  '#SBATCH --output=/home/alice/s/1/job.log',
  '#SBATCH --error=/home/alice/s/1/job.log',
  '#SBATCH --open-mode=append',
  '#SBATCH --no-requeue',
];

function upper<T>(value: T) {
  return { value, rank: 'upper' as const };
}

function lower<T>(value: T) {
  return { value, rank: 'lower' as const };
}

function logLine(logFile: string): string | undefined {
  return slurmDirectives({ ...SESSION, logFile }).upper.find((line) => line.includes('--output'));
}

describe('directives', () => {
  it('of the least request: its time below the template, what the session rests on above', () => {
    expect(slurmDirectives(SESSION)).toEqual({ lower: ['#SBATCH --time=00:30:00'], upper: BASE });
  });

  it('warn the job’s shell, and give way to a signal of the site’s', () => {
    const warned = (warnBefore: number) =>
      slurmDirectives({ ...SESSION, warnBefore: lower(warnBefore) }).lower.at(-1);
    expect(warned(5)).toBe('#SBATCH --signal=B:USR1@300');
    expect(warned(0.5)).toBe('#SBATCH --signal=B:USR1@30');
    // Slurm takes no more.
    expect(warned(10_000)).toBe('#SBATCH --signal=B:USR1@65535');
    expect(slurmDirectives({ ...SESSION, warnBefore: upper(1) }).upper[0]).toBe('#SBATCH --signal=B:USR1@60');
    const both = slurmDirectives({ ...SESSION, warnBefore: lower(5), signal: lower('B:TERM@60') });
    expect(both.lower.filter((line) => line.includes('signal'))).toEqual(['#SBATCH --signal=B:TERM@60']);
  });

  it('ask for mail, to an address or to whom Slurm knows', () => {
    const mail = (value: { to?: string }) =>
      slurmDirectives({ ...SESSION, mail: upper(value) }).upper.filter((line) => line.includes('mail'));
    expect(mail({})).toEqual(['#SBATCH --mail-type=BEGIN,END,FAIL']);
    expect(mail({ to: 'a#b+c@example.org' })).toEqual([
      '#SBATCH --mail-type=BEGIN,END,FAIL',
      '#SBATCH --mail-user="a#b+c@example.org"',
    ]);
  });

  it('go by rank', () => {
    const { lower: below, upper: above } = slurmDirectives({
      ...SESSION,
      walltime: upper('1-12'),
      partition: upper('debug'),
      account: lower('abc123'),
      nodes: upper(2),
      cpus: lower(8),
      gpus: upper({ count: 2, form: 'gpus' }),
      memory: lower('4G'),
      gres: upper('lscratch:10'),
      qos: lower('high'),
      constraint: upper('intel&gpu'),
      reservation: lower('class_1'),
    });
    expect(below).toEqual([
      '#SBATCH --account=abc123',
      '#SBATCH --cpus-per-task=8',
      '#SBATCH --mem=4G',
      '#SBATCH --qos=high',
      '#SBATCH --reservation=class_1',
    ]);
    expect(above).toEqual([
      '#SBATCH --partition=debug',
      '#SBATCH --time=1-12',
      '#SBATCH --nodes=2',
      '#SBATCH --gpus=2',
      '#SBATCH --gres=lscratch:10',
      '#SBATCH --constraint="intel&gpu"',
      ...BASE,
    ]);
  });
});

describe('GPUs as generic resources', () => {
  function gres(request: Partial<JobRequest>) {
    const { lower: below, upper: above } = slurmDirectives({ ...SESSION, ...request });
    const find = (lines: string[]) => lines.filter((line) => /--gpus|--gres/.test(line));
    return [...find(below).map((line) => `lower ${line}`), ...find(above).map((line) => `upper ${line}`)];
  }

  const two = { count: 2, form: 'gres' as const };

  it.each<[string, Partial<JobRequest>, string]>([
    ['alone', { gpus: lower(two) }, 'lower #SBATCH --gres=gpu:2'],
    ['with a type', { gpus: lower({ count: 'v100:2', form: 'gres' }) }, 'lower #SBATCH --gres=gpu:v100:2'],
    [
      'beside others',
      { gpus: upper(two), gres: lower('lscratch:9') },
      'upper #SBATCH --gres=gpu:2,lscratch:9',
    ],
    [
      'below others',
      { gpus: lower(two), gres: upper('lscratch:9') },
      'upper #SBATCH --gres=gpu:2,lscratch:9',
    ],
    ['over a default', { gpus: upper(two), gres: lower('gpu:1,x:1') }, 'upper #SBATCH --gres=gpu:2,x:1'],
    ['under a wish', { gpus: lower(two), gres: upper('gpu:a100:1') }, 'upper #SBATCH --gres=gpu:a100:1'],
  ])('%s: one line', (_name, request, line) => {
    expect(gres(request)).toEqual([line]);
  });

  it('asked for twice are refused', () => {
    expect(() => gres({ gpus: upper(two), gres: upper('gpu:1') })).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });
});

describe('the log', () => {
  // Each was tried with sbatch 22.05: the file was written where it should be.
  it.each([
    ['/a b/job.log', '#SBATCH --output="/a b/job.log"'],
    ['/a#b/job.log', '#SBATCH --output="/a#b/job.log"'],
    [`/q"u'o/job.log`, `#SBATCH --output="/q\\"u'o/job.log"`],
    ['/$(x)`y/job.log', '#SBATCH --output="/$(x)`y/job.log"'],
    ['/ünï/job.log', '#SBATCH --output="/ünï/job.log"'],
    ['/p%j/job.log', '#SBATCH --output=/p%%j/job.log'],
    ['/b\\s/job.log', '#SBATCH --output="/b\\\\\\\\s/job.log"'],
    ['/b\\%s/job.log', '#SBATCH --output="/b\\\\\\\\%s/job.log"'],
  ])('at %j', (path, line) => {
    expect(logLine(path)).toBe(line);
  });
});

describe('a value that no line can hold', () => {
  it.each(['a\nb', 'a\rb', 'a\0b', ''])('%j is refused by the name of its option', (value) => {
    expect(() => slurmDirectives({ ...SESSION, account: upper(value) })).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: expect.stringContaining('--account') as string,
      }),
    );
  });
});
