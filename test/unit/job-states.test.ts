import { describe, expect, it } from 'vitest';
import {
  qstatOutcome,
  qstatPhase,
  qstatReason,
  qstatSeconds,
  slurmOutcome,
  slurmPhase,
} from '../../src/job-states.js';
import { readQstat } from '../../src/qstat-text.js';
import { JOB_OUTCOMES } from '../../src/satellite/protocol.js';
import { recordedRun } from './recorded.js';

describe("Slurm's states", () => {
  it.each([
    ['PENDING', 'waiting'],
    ['PD', 'waiting'],
    ['CONFIGURING', 'waiting'],
    ['REQUEUE_HOLD', 'waiting'],
    ['SPECIAL_EXIT', 'waiting'],
    ['RUNNING', 'alive'],
    ['R', 'alive'],
    ['COMPLETING', 'alive'],
    ['SUSPENDED', 'alive'],
    ['STOPPED', 'alive'],
    ['SIGNALING', 'alive'],
    ['STAGE_OUT', 'alive'],
    ['RESIZING', 'alive'],
    ['COMPLETED', 'ended'],
    ['CANCELLED', 'ended'],
    ['CANCELLED by 1000', 'ended'],
    ['CANCELLED+', 'ended'],
    ['cancelled', 'ended'],
    ['OOM', 'ended'],
    ['LAUNCH_FAILED', 'ended'],
    ['NODE_FAIL', 'ended'],
    ['', 'unknown'],
    ['HIBERNATING', 'unknown'],
    ['X', 'unknown'],
    ['42', 'unknown'],
    ['constructor', 'unknown'],
  ])('%j is %s', (state, phase) => {
    expect(slurmPhase(state)).toBe(phase);
  });
});

describe("Slurm's final states", () => {
  it.each([
    ['COMPLETED', 'completed'],
    ['CD', 'completed'],
    ['FAILED', 'failed'],
    ['CANCELLED by 1000', 'cancelled'],
    ['CANCELLED+', 'cancelled'],
    ['ca', 'cancelled'],
    ['TIMEOUT', 'timed-out'],
    ['DEADLINE', 'timed-out'],
    ['OUT_OF_MEMORY', 'out-of-memory'],
    ['OUT_OF_ME+', undefined],
    ['OOM', 'out-of-memory'],
    ['NODE_FAIL', 'node-failed'],
    ['BOOT_FAIL', 'node-failed'],
    ['LAUNCH_FAILED', 'node-failed'],
    ['PREEMPTED', 'preempted'],
    ['REVOKED', undefined],
    ['COMPLETING', undefined],
    ['RUNNING', undefined],
    ['', undefined],
    ['toString', undefined],
  ])('%j is %s', (state, outcome) => {
    expect(slurmOutcome(state)).toBe(outcome);
  });

  it('have outcomes that the protocol knows, and are states that have ended', () => {
    for (const state of ['CD', 'F', 'CA', 'TO', 'DL', 'OOM', 'NF', 'BF', 'PR']) {
      expect(JOB_OUTCOMES).toContain(slurmOutcome(state));
      expect(slurmPhase(state)).toBe('ended');
    }
  });
});

describe("qstat's states", () => {
  it.each([
    ['Q', 'waiting', 'waiting'],
    ['H', 'waiting', 'waiting'],
    ['W', 'waiting', 'waiting'],
    ['T', 'waiting', 'waiting'],
    ['R', 'alive', 'alive'],
    ['S', 'alive', 'alive'],
    ['E', 'alive', 'alive'],
    ['C', 'ended', 'unknown'],
    ['U', 'unknown', 'alive'],
    ['B', 'unknown', 'alive'],
    ['F', 'unknown', 'ended'],
    ['X', 'unknown', 'ended'],
    ['M', 'unknown', 'unknown'],
    ['', 'unknown', 'unknown'],
    ['QH', 'unknown', 'unknown'],
    ['q', 'unknown', 'unknown'],
    ['?', 'unknown', 'unknown'],
  ])('%j is %s to Torque, %s to PBS', (letter, torque, pbs) => {
    expect(qstatPhase('torque', letter)).toBe(torque);
    expect(qstatPhase('pbs', letter)).toBe(pbs);
  });
});

describe('how a job of qstat ended', () => {
  const recorded = (name: string, command: RegExp) => {
    const values = readQstat(recordedRun(name, command).stdout).blocks[0]!.values;
    return qstatOutcome(name.startsWith('torque') ? 'torque' : 'pbs', values);
  };

  it('is what the running schedulers said', () => {
    expect(recorded('torque/qstat_state_C', /^qstat -f /)).toBe('completed');
    expect(recorded('torque/qstat_state_C_exit3', /^qstat -f /)).toBe('failed');
    expect(recorded('torque/walltime_kill', /^qstat -f /)).toBe('timed-out');
    expect(recorded('torque/qdel_ok_running', /^qstat -f 5/)).toBe('cancelled');
    expect(recorded('torque/qdel_ok_queued', /^qstat -f 3/)).toBe('cancelled');
    expect(recorded('openpbs/qstat_state_F_exit3', /^qstat -xf 36.vm/)).toBe('failed');
    expect(recorded('openpbs/walltime_kill', /^qstat -xf /)).toBe('timed-out');
  });

  const started: [string, string] = ['start_time', 'Sun Nov 22 07:15:20 2026'];
  const ran = (used: string): [string, string][] => [
    ['resources_used.walltime', used],
    ['Resource_List.walltime', '00:30:00'],
  ];

  it.each([
    ['torque', [['exit_status', '0']], 'completed'],
    ['torque', [['exit_status', '271']], 'cancelled'],
    ['torque', [['exit_status', '271'], ...ran('00:29:59')], 'cancelled'],
    ['torque', [['exit_status', '271'], ...ran('00:30:02')], 'timed-out'],
    ['torque', [['exit_status', '265'], ...ran('00:31:00')], 'timed-out'],
    ['torque', [['exit_status', '265'], ...ran('00:01:00')], 'failed'],
    ['torque', [['exit_status', '1'], ...ran('00:31:00')], 'failed'],
    ['torque', [['exit_status', '-10']], 'out-of-memory'],
    ['torque', [['exit_status', '-29']], 'failed'],
    ['torque', [started], undefined],
    ['torque', [['exit_status', 'x']], undefined],
    ['pbs', [['Exit_status', '-27']], 'out-of-memory'],
    ['pbs', [['Exit_status', '-11']], 'failed'],
    [
      'pbs',
      [
        ['Exit_status', '271'],
        ['substate', '91'],
      ],
      'cancelled',
    ],
    [
      'pbs',
      [
        ['Exit_status', '143'],
        ['substate', '91'],
      ],
      'cancelled',
    ],
    ['pbs', [['Exit_status', '143']], 'failed'],
    ['pbs', [['substate', '91']], 'cancelled'],
    ['pbs', [['stime', 'Sun Nov 22 07:24:53 2026']], undefined],
  ] as const)('%s, %j: %s', (kind, values, outcome) => {
    expect(qstatOutcome(kind, new Map<string, string>(values))).toBe(outcome);
    if (outcome) expect(JOB_OUTCOMES).toContain(outcome);
  });
});

describe('why a job of qstat waits', () => {
  const reason = (name: string, command: RegExp) =>
    qstatReason(readQstat(recordedRun(name, command).stdout).blocks[0]!.values);

  it('is what the running schedulers said', () => {
    const nodes = 'Not enough of the right type of nodes are available';
    expect(reason('torque/qstat_state_Q', /^qstat -f \d/)).toBe(nodes);
    expect(reason('torque/qstat_state_H', /^qstat -f \d/)).toBe('UserHold');
    expect(reason('openpbs/qstat_state_Q', /^qstat -f '/)).toBe('Not enough free nodes available');
    expect(reason('openpbs/qstat_state_W', /^qstat -f '/)).toBe('BeginTime');
    expect(reason('openpbs/qstat_state_R', /^qstat -f '/)).toBeUndefined();
    expect(reason('torque/qstat_state_R', /^qstat -f \d/)).toBeUndefined();
  });

  it.each([
    [{ job_state: 'H', Hold_Types: 's', depend: 'afterok:1.vm' }, 'Dependency'],
    [{ job_state: 'H', Hold_Types: 'o' }, 'JobHeldAdmin'],
    [
      { job_state: 'H', Hold_Types: 's', comment: 'job held, too many failed attempts to run' },
      'job held, too many failed attempts to run',
    ],
    [{ job_state: 'Q' }, undefined],
    [{ job_state: 'Q', comment: ' ' }, undefined],
  ])('%j: %s', (values, expected) => {
    expect(qstatReason(new Map(Object.entries(values)))).toBe(expected);
  });
});

describe("qstat's durations", () => {
  it.each([
    ['00:30:00', 1800],
    ['24:00:00', 86_400],
    ['100:00:01', 360_001],
    ['2:00:00:00', 172_800],
    ['90', 90],
    ['01:30', 90],
    ['', undefined],
    ['1h', undefined],
    ['-5', undefined],
    [undefined, undefined],
  ])('%j is %s seconds', (text, seconds) => {
    expect(qstatSeconds(text)).toBe(seconds);
  });
});
