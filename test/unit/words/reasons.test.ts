import { expect, it } from 'vitest';
import { reasonInWords } from '../../../src/words/reasons.js';

/** Slurm 22.05's own list, less what only jobs that have ended can have. */
const WAITING_REASONS =
  `AccountNotAllowed AccountingPolicy AssocGrpBB AssocGrpBBMinutes AssocGrpBillingRunMinutes
  AssocGrpCPUMinutesLimit AssocGrpCPURunMinutesLimit AssocGrpCpuLimit AssocGrpGRES AssocGrpJobsLimit AssocGrpMemLimit
  AssocGrpNodeLimit AssocGrpSubmitJobsLimit AssocGrpWallLimit AssocMaxCpuMinutesPerJobLimit AssocMaxCpuPerJobLimit
  AssocMaxGRESPerNode AssocMaxJobsLimit AssocMaxMemPerNode AssocMaxNodePerJobLimit AssocMaxSubmitJobLimit
  AssocMaxWallDurationPerJobLimit AssociationJobLimit AssociationResourceLimit AssociationTimeLimit BadConstraints
  BeginTime BurstBufferResources BurstBufferStageIn Cleaning Dependency DependencyNeverSatisfied FedJobLock FrontEndDown
  InvalidAccount InvalidQOS JobArrayTaskLimit JobHeldAdmin JobHeldUser JobHoldMaxRequeue JobLaunchFailure Licenses
  MaxBBPerAccount MaxCpuPerAccount MaxGRESPerAccount MaxJobsPerAccount MaxMemPerLimit MaxSubmitJobsPerAccount NodeDown
  PartitionConfig PartitionDown PartitionInactive PartitionNodeLimit PartitionTimeLimit PowerNotAvail PowerReserved
  Priority Prolog QOSGrpBillingMinutes QOSGrpCPURunMinutesLimit QOSGrpCpuLimit QOSGrpGRES QOSGrpJobsLimit QOSGrpMemLimit
  QOSGrpNodeLimit QOSGrpWallLimit QOSJobLimit QOSMaxCpuPerJobLimit QOSMaxCpuPerUserLimit QOSMaxGRESPerJob
  QOSMaxGRESPerUser QOSMaxJobsPerUserLimit QOSMaxMemoryPerJob QOSMaxNodePerUserLimit QOSMaxSubmitJobPerUserLimit
  QOSMaxWallDurationPerJobLimit QOSMinCpuNotSatisfied QOSMinGRES QOSNotAllowed QOSResourceLimit QOSTimeLimit
  QOSUsageThreshold ReqNodeNotAvail Reservation Resources SchedDefer`.split(/\s+/);

it.for(WAITING_REASONS)('%s has words of its own', (reason) => {
  const words = reasonInWords(reason)!;
  expect(words).not.toContain(reason);
  expect(words).not.toContain('The scheduler says');
  expect(words).toMatch(/\.$/);
});

it.for([
  ['AssocGrpCPUMinutesLimit', 'is used up'],
  ['QOSGrpWallLimit', 'is used up'],
  ['AssocGrpCPURunMinutesLimit', 'Your group uses'],
  ['AssocGrpCpuLimit', 'Your group uses'],
  ['MaxJobsPerAccount', 'Your group uses'],
  ['QOSMaxJobsPerUserLimit', 'You use all'],
  ['AssocMaxJobsLimit', 'You use all'],
  ['QOSMaxWallDurationPerJobLimit', 'more time than is allowed'],
  ['PartitionTimeLimit', 'more time than is allowed'],
  ['QOSMaxCpuPerJobLimit', 'more than is allowed'],
  ['JobHeldUser', 'scontrol release'],
  ['JobHeldAdmin', 'Ask your support'],
  ['Dependency', 'until another job has ended'],
  ['DependencyNeverSatisfied', 'can never start'],
  ['(Priority)', 'Other jobs are ahead'],
  ['Reservation', 'when that begins'],
  ['ReservationDeleted', 'no longer there'],
  ['ReqNodeNotAvail, UnavailableNodes:a[014,055-056]', 'maintenance'],
  ['ReqNodeNotAvail,_May_be_reserved_for_other_job', 'maintenance'],
  [
    'Nodes_required_for_job_are_DOWN,_DRAINED_or_reserved_for_jobs_in_higher_priority_partitions',
    'maintenance',
  ],
  ['launch failed requeued held', 'could not be started'],
] as const)('%s: … %s …', ([reason, words]) => {
  expect(reasonInWords(reason)).toContain(words);
});

it('one that nobody knows is shown as it is, and none is none', () => {
  expect(reasonInWords('TheMoonIsFull, of_cheese')).toBe('The scheduler says: TheMoonIsFull, of_cheese');
  for (const none of [undefined, '', ' ', 'None', '(None)', 'NoReason']) {
    expect(reasonInWords(none)).toBeUndefined();
  }
});
