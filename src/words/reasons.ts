/**
 * Why a job waits, in plain words for Slurm's own. The names are those of Slurm 20 to 25 (squeue(1), JOB REASON CODES);
 * UserHold is ours, for Torque and PBS (job-states.ts).
 */

const TURN = 'Other jobs are ahead of it. Its turn comes by itself.';
const LESS =
  'It asks for more than is allowed, and cannot start like this. Cancel it, and start one that asks for less.';
const GROUP_BUSY =
  'Your group uses all that it may use at once. It starts when other jobs of your group have ended.';
const OWN_BUSY = 'You use all that you may use at once. It starts when other jobs of yours have ended.';
const USED_UP =
  'The computing time of your account is used up. Ask who manages the account, or start one with another account.';
const WRONG_ACCOUNT =
  'Your account may not be used there. Cancel it, and start one with another account or partition.';
const MAINTENANCE =
  'The nodes that it needs are reserved or switched off, often for maintenance. A job that asks for less time may start before that.';
const CLOSED = 'Its partition takes no jobs at the moment. It starts when the partition is open again.';
const PREPARING = 'It is being prepared. That takes a moment.';
const HELD_AFTER_FAILURE =
  'It could not be started, and is on hold now. Cancel it and start a new one; ask your support if that happens again.';

/** Looked through from the top: the first that fits counts. */
const REASONS: readonly (readonly [names: RegExp, words: string])[] = [
  [/^Priority$/, TURN],
  [/^Resources$/, 'It is next, and starts as soon as enough of the machine is free.'],
  [/^BeginTime$/, 'It starts at a later time, as was asked for.'],
  [/^Dependency$/, 'It waits until another job has ended.'],
  [
    /^DependencyNeverSatisfied$/,
    'It waits for another job that did not end as it should. It can never start: cancel it.',
  ],
  [
    /^JobHeldUser$/,
    'It is on hold, as somebody asked. The command “scontrol release” with the job’s number lets it start.',
  ],
  [/^UserHold$/, 'It is on hold, as somebody asked. The command “qrls” with the job’s number lets it start.'],
  [/^JobHeldAdmin$/, 'An administrator of the cluster has put it on hold. Ask your support why.'],
  [
    /^(JobHoldMaxRequeue|JobLaunchFailure|launch failed requeued held|job requeued in held state)/i,
    HELD_AFTER_FAILURE,
  ],
  [/^JobArrayTaskLimit$/, 'Other tasks of its array run first.'],
  [
    /^(PartitionTimeLimit|(QOS|Assoc)MaxWall\w*|(QOS|Association)TimeLimit|InactiveLimit)$/,
    'It asks for more time than is allowed, and cannot start like this. Cancel it, and start one that asks for less time.',
  ],
  [
    /^(PartitionNodeLimit|PartitionConfig|MaxMemPerLimit|BadConstraints|QOSMin\w+|(QOS|Assoc)Max\w+Per(Job|Node)\w*)$/,
    LESS,
  ],
  [/^((QOS|Assoc)Grp\w*RunMinutes\w*|(QOS|Assoc)GrpCPURunMinutesLimit)$/, GROUP_BUSY],
  [/^(QOS|Assoc)Grp\w*(Minutes|Wall)\w*$/, USED_UP],
  [/^((QOS|Assoc)Grp\w+|(QOS|Association)ResourceLimit|Max\w+PerAccount|AccountingPolicy)$/, GROUP_BUSY],
  [/^((QOS|Assoc)Max\w+|(QOS|Association)JobLimit)$/, OWN_BUSY],
  [/^QOSUsageThreshold$/, USED_UP],
  [/^(InvalidAccount|AccountNotAllowed|InvalidQOS|QOSNotAllowed)$/, WRONG_ACCOUNT],
  [/^Reservation$/, 'It waits for the reservation that it asks for, and starts when that begins.'],
  [
    /^ReservationDeleted$/,
    'The reservation that it asks for is no longer there. Cancel it, and start one without.',
  ],
  [/^(ReqNodeNotAvail|Reservation|Nodes required for job are)/, MAINTENANCE],
  [/^(NodeDown|FrontEndDown)$/, 'A node that it needs is switched off. It starts when the node is back.'],
  [/^(PartitionDown|PartitionInactive|PartitionNotAvail)$/, CLOSED],
  [/^Licenses$/, 'It waits for a software licence that others use at the moment.'],
  [
    /^(Power\w+|BurstBuffer\w*|Prolog\w*|Cleaning|SchedDefer|FedJobLock|NodesBusy|WaitingForScheduling)$/,
    PREPARING,
  ],
];

/**
 * A sentence for a scheduler's reason; its own words where none is known, undefined where it gives none. Slurm adds
 * what it concerns behind a comma (`ReqNodeNotAvail, UnavailableNodes:a[1-3]`), and some versions write `_` for blanks.
 */
export function reasonInWords(reason: string | undefined): string | undefined {
  const said = reason?.trim().replace(/^\((.*)\)$/, '$1') ?? '';
  if (said === '' || /^(None|NoReason|N\/A)$/i.test(said)) return undefined;
  const name = (said.split(',')[0] ?? '').replaceAll('_', ' ').trim();
  return REASONS.find(([names]) => names.test(name))?.[1] ?? `The scheduler says: ${said}`;
}
