import { describe, expect, it } from 'vitest';
import { directiveProblems, type DirectiveReader } from '../../../src/script/directives.js';
import { templateDoubts } from '../../../src/script/doubts.js';
import { createSlurm } from '../../../src/scheduler/slurm/slurm.js';
import { createTorque } from '../../../src/scheduler/qsub/torque.js';

const script = (...lines: string[]) => ['#!/bin/bash', ...lines].join('\n');

/** Each warning as `line: what`. */
const doubts = (...lines: string[]) =>
  templateDoubts(script(...lines)).map(({ severity, line, what }) => {
    expect(severity).toBe('warning');
    return `${line ?? 'file'}: ${what}`;
  });

describe('templateDoubts', () => {
  it('has none of what we ship and what works', () => {
    expect(
      doubts('#SBATCH -n 1', '##SBATCH -n 2', '# sbatch and so on', 'module load a', 'start_session'),
    ).toEqual([]);
    expect(doubts('session_dir={{session_dir}}', 'server=x', '. "$session_dir/run.sh"')).toEqual([]);
    expect(doubts('a || exit 1', 'set -x', 'set -- -e', 'echo conda activate', 'start_session')).toEqual([]);
  });

  it.each(['# SBATCH -c 4', '#sbatch --time=5', '  # SBATCH -c 4', '#pbs -q x', '## SBATCH -c 4'])(
    'has one of a comment that looks like a directive: %j',
    (line) => {
      const wanted = line.startsWith('##') ? [] : [`2: is only a comment: ${line.trim()}`];
      expect(doubts(line, 'start_session')).toEqual(wanted);
      expect(doubts('true', line, 'start_session')).toEqual([]);
    },
  );

  it.each(['set -e', 'set -euo pipefail', 'set -o errexit', 'set -u', 'true; set -e'])(
    'has one of %j',
    (line) => {
      expect(doubts(line, 'start_session')).toEqual([`2: makes bash end at the first failure: ${line}`]);
      expect(doubts('start_session', line)).toEqual([]);
    },
  );

  it('has one of a strict first line', () => {
    expect(templateDoubts('#!/bin/bash -le\nstart_session')).toMatchObject([
      { line: 1, severity: 'warning' },
    ]);
    expect(templateDoubts('#!/bin/bash -l\nstart_session')).toEqual([]);
  });

  it('has one of output that goes elsewhere, and of conda', () => {
    expect(doubts('exec >log 2>&1', 'conda activate a', 'start_session')).toEqual([
      '2: sends the output elsewhere: what happens then is not in the session’s job.log',
      '3: calls conda activate, which a job’s bash does not know by itself',
    ]);
  });

  it('has one of what has no effect beside the call, or never comes', () => {
    expect(doubts('server=notebook', 'start_session jupyterlab')).toEqual([
      '2: sets server, which start_session does itself: it has no effect',
    ]);
    expect(doubts('session_dir={{session_dir}}', 'true')).toEqual([
      'file: never runs run.sh of the session, as far as can be seen',
    ]);
    expect(doubts('session_dir={{session_dir}}', 'source "$session_dir/run.sh"', '# x', 'true')).toEqual([
      '5: never runs, because run.sh (line 3) does not return',
    ]);
  });
});

describe('directiveProblems', () => {
  const slurm = createSlurm({ env: {} });
  const torque = createTorque({ env: {} });
  const local: DirectiveReader = { kind: 'local', ownDirectives: () => ({}), minutes: () => undefined };
  const problems = (scheduler: DirectiveReader, ...lines: string[]) =>
    directiveProblems(script(...lines, 'start_session'), scheduler).map(
      ({ severity, line, what }) => `${line ?? 0} ${severity}: ${what}`,
    );

  it('has none of what is right', () => {
    expect(
      problems(slurm, '#SBATCH -t 1-0 -p x', '#SBATCH --time=UNLIMITED', '#SBATCH --gres=gpu:1 -N1'),
    ).toEqual([]);
    expect(problems(torque, '#PBS -l walltime=1:00:00,nodes=1', '#PBS -q x', '#PBS -A y')).toEqual([]);
    expect(problems(local, '#SBATCH -t soon', '#PBS -l walltime=soon')).toEqual([]);
    expect(problems(slurm, 'true', '#SBATCH -t soon')).toEqual([]);
  });

  it('has a mistake of a time that cannot be read', () => {
    expect(problems(slurm, '#SBATCH -n 1', '#SBATCH --time=soon')).toEqual([
      '3 error: asks for a time that cannot be read: "soon"',
    ]);
    expect(problems(torque, '#PBS -l walltime=soon')).toEqual([
      '2 error: asks for a time that cannot be read: "soon"',
    ]);
  });

  it.each([
    '#SBATCH -J x',
    '#SBATCH --job-name=x -n 1',
    '#SBATCH -n 1 -o x',
    '#SBATCH --error x',
    '#SBATCH -D/tmp',
  ])('has a doubt of what the launcher says itself: %s', (line) => {
    expect(problems(slurm, line)).toEqual([
      `2 warning: says what the launcher says itself, and has no effect: ${line}`,
    ]);
  });

  it('has a doubt of lines for another scheduler, and of those with blanks before them', () => {
    expect(problems(slurm, '#PBS -q x', ' #SBATCH -n 1')).toEqual([
      '2 warning: is for another scheduler than Slurm: #PBS -q x',
      '3 warning: has blanks before its directive: #SBATCH -n 1',
    ]);
    expect(problems(torque, '#SBATCH -n 1')).toEqual([
      '2 warning: is for another scheduler than Torque: #SBATCH -n 1',
    ]);
    expect(problems(torque, '#PBS -N x', ' #PBS -N y', ' #PBS -q x')).toEqual([
      '2 warning: says what the launcher says itself, and has no effect: #PBS -N x',
      '3 warning: says what the launcher says itself, and has no effect: #PBS -N y',
    ]);
  });
});
