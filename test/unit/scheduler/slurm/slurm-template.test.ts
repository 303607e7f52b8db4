import { describe, expect, it } from 'vitest';
import { ownDirectives, type OwnDirectives } from '../../../../src/scheduler/slurm/slurm-template.js';

describe("a template's own directives", () => {
  // What Slurm 22.05 made of each was looked up with scontrol.
  it.each<[string, OwnDirectives]>([
    ['#SBATCH -p debug', { partition: 'debug' }],
    ['#SBATCH -pdebug', { partition: 'debug' }],
    ['#SBATCH --partition=debug', { partition: 'debug' }],
    ['#SBATCH --partition debug', { partition: 'debug' }],
    ['#SBATCH --part debug', { partition: 'debug' }],
    ['#SBATCH\t-p\tdebug', { partition: 'debug' }],
    ['#SBATCH-p debug', { partition: 'debug' }],
    ['#SBATCH -Hp debug', { partition: 'debug' }],
    ['#SBATCH -p "a,b" # -p c', { partition: 'a,b' }],
    ["#SBATCH -p 'a'", { partition: 'a' }],
    ['#SBATCH --account="abc 1"', { account: 'abc 1' }],
    ['#SBATCH -A x -t 2:30 -p y', { account: 'x', time: '2:30', partition: 'y' }],
    ['#SBATCH --time=1-0\n#SBATCH --time=30', { time: '30' }],
    ['\n# words\n\n#SBATCH -t 5', { time: '5' }],
    ['#SBATCH --time-min=5 --job-name=-t -J t9', {}],
    ['#SBATCH --signal=B:USR2@600', { signal: 'B:USR2@600' }],
    ['#SBATCH --sig USR1 -s', { signal: 'USR1' }],
    ['#SBATCH --spread-job --switches=1', {}],
    ['#SBATCH --nodes=1 -N1 --exclusive', {}],
    ['#SBATCH -J part=x', {}],
    ['##SBATCH -p debug', {}],
    [' #SBATCH -p debug', {}],
    ['# SBATCH -p debug', {}],
    ['cd /\n#SBATCH -p debug', {}],
    ['#SBATCH -p', {}],
    ['#SBATCH -p "unclosed', {}],
    ['', {}],
  ])('%j', (lines, own) => {
    expect(ownDirectives(`#!/bin/bash\n${lines}\nhostname\n`)).toEqual(own);
  });
});
