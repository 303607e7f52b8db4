/** What a page says, in words for somebody who just wants the notebook. */
import type { JobReport } from '../../satellite/protocol.js';
import type { BackendFault } from '../data/backend.js';
import type { EndCause, Session } from '../registry/session.js';

export interface View {
  status: number;
  /** The page moves on by itself in every phase but `ended`. */
  phase: 'neutral' | 'waiting' | 'starting' | 'unreachable' | 'ended';
  title: string;
  lines: readonly string[];
  /** ISO 8601; the page shows it in the reader's own time. */
  estimatedStart?: string;
}

const GOES_ON = 'This page opens your notebook by itself. You can close it; the job goes on.';

/** One view for pending, foreign, unknown and ended names: without the viewer key they must not differ. */
export const NEUTRAL: View = {
  status: 404,
  phase: 'neutral',
  title: 'No notebook is open here yet',
  lines: [
    'Have you just started it? Leave this page open: it opens your notebook by itself once it is running.',
    'To see how far your job is, open the complete link that start-jupyter printed, with everything after the question mark.',
    'Is your job over? Then this link is used up. Start a new notebook with start-jupyter on the cluster.',
  ],
};

const BROKEN: Record<BackendFault['code'], View> = {
  'backend-unreachable': {
    status: 502,
    phase: 'unreachable',
    title: 'Your notebook does not answer',
    lines: [
      'It may be away for a moment: this page tries again by itself.',
      'Or its job is over: look on the cluster (squeue --me), and start a new notebook with start-jupyter if it is.',
    ],
  },
  'certificate-mismatch': {
    status: 502,
    phase: 'unreachable',
    title: 'This is not your notebook',
    lines: [
      'Another program answered in the place of your notebook, so nothing was sent to it.',
      'Look whether your job is still running, and start a new one with start-jupyter if it is not.',
    ],
  },
};

const ENDED: Record<EndCause, string> = {
  destroyed: 'The job is over, or its notebook server was stopped.',
  expired: 'The link was reserved, but no job used it in time.',
  'time-is-up': 'The time that was asked for is up.',
  'job-ended': 'The scheduler says that the job has ended.',
  'backend-gone': 'The notebook server is gone from its compute node.',
  replaced: 'Another notebook has taken its place on the compute node.',
  evicted: 'An administrator of the proxy ended it.',
  'proxy-restarted': 'The proxy was restarted, and could not make sure again that the notebook is yours.',
};

/** Slurm's most frequent reasons; others are shown as they are. */
const REASONS: Record<string, string> = {
  Priority: 'Other jobs are ahead of it.',
  Resources: 'It is next, and waits until enough of the machine is free.',
  BeginTime: 'It is not to start before a given time.',
  Dependency: 'It waits for another job.',
  JobHeldUser: 'It is held. `scontrol release` lets it go.',
  JobHeldAdmin: 'It is held by an administrator of the cluster.',
  PartitionDown: 'The partition takes no jobs at the moment.',
  ReqNodeNotAvail: 'The nodes it needs are reserved or down, often for maintenance.',
};

/** For one who has shown the viewer key. */
export function ownersView(session: Session): View {
  switch (session.phase) {
    case 'reserved':
      return pendingView(session.jobId !== undefined, session.job);
    case 'mapped':
    case 'ready':
      return STARTING;
    case 'ended':
      return {
        status: 410,
        phase: 'ended',
        title: 'This notebook has ended',
        lines: [
          ENDED[session.cause],
          'What you saved is in your directory on the cluster. The job’s log there says what happened.',
          'Start a new notebook with start-jupyter on the cluster. It gets a new link.',
        ],
      };
  }
}

/** For anybody: that a session is ready is no secret, its notebook would have answered. */
export function brokenView(code: BackendFault['code']): View {
  return BROKEN[code];
}

const STARTING: View = {
  status: 503,
  phase: 'starting',
  title: 'Your notebook is starting',
  lines: ['The job is running, and Jupyter starts on its compute node. That can take a minute.', GOES_ON],
};

function pendingView(linked: boolean, job: JobReport | undefined): View {
  if (job?.state === 'running') return STARTING;
  const line = linked
    ? 'It starts as soon as the cluster has room for it.'
    : 'It is being handed to the cluster’s scheduler.';
  const reason =
    job?.reason === undefined ? [] : [REASONS[job.reason] ?? `The scheduler says: ${job.reason}`];
  return {
    status: 503,
    phase: 'waiting',
    title: 'Your job is waiting',
    lines: [line, ...reason, GOES_ON],
    estimatedStart: job?.estimatedStart,
  };
}
