/** Every word of the pages but the scheduler's reasons: for somebody who just wants the notebook. */
import type { JobOutcome } from '../../satellite/protocol.js';
import type { EndCause } from '../registry/session.js';

export interface Words {
  title: string;
  lines: readonly string[];
}

const GOES_ON = 'This page opens your notebook by itself. You can close it; the job goes on.';
const START_ANEW = 'Start a new notebook with start-jupyter on the cluster. It gets a new link.';
const SAVED = 'What you saved is still in your folder on the cluster.';
const LOG =
  'On the cluster, “start-jupyter status” says how it ended, and “start-jupyter logs” what it wrote.';

/** What strangers see of every name, and everybody of a name that is none. */
export const NOTHING_HERE: Words = {
  title: 'No notebook is open here yet',
  lines: [
    'Have you just started it? Leave this page open: it opens your notebook by itself once it is running.',
    'To see how far your job is, open the complete link that start-jupyter printed, with everything after the question mark. On the cluster, “start-jupyter url” prints it again.',
    'Is your job over? Then this link is used up. Start a new notebook with start-jupyter on the cluster.',
  ],
};

export const SUBMITTING: Words = {
  title: 'Your job is waiting',
  lines: ['It is being handed to the cluster’s scheduler. That takes a moment.', GOES_ON],
};

/** Nobody reports what the job does. */
export const UNREPORTED: Words = {
  title: 'Waiting for your job',
  lines: ['It waits in the cluster’s queue, or is just starting.', GOES_ON],
};

/** `why` stands between what happens and what to do. */
export function queued(why: string | undefined): Words {
  const line = 'It is in the cluster’s queue, and starts as soon as there is room for it.';
  return { title: 'Your job is waiting', lines: [why ?? line, GOES_ON] };
}

export const RUNNING: Words = {
  title: 'Your job is running',
  lines: ['Jupyter starts on its compute node now. That can take a minute or two.', GOES_ON],
};

export const STARTING: Words = {
  title: 'Your notebook is starting',
  lines: ['Jupyter is there and about to answer. That takes some seconds more.', GOES_ON],
};

export const NO_ANSWER: Words = {
  title: 'Your notebook does not answer',
  lines: [
    'It may be away for a moment: this page tries again by itself.',
    'Or its job is over: look on the cluster (start-jupyter status), and start a new notebook with start-jupyter if it is.',
  ],
};

export const NOT_YOURS: Words = {
  title: 'This is not your notebook',
  lines: [
    'Another program answered in the place of your notebook, so nothing was sent to it.',
    'Look on the cluster whether your job is still running (start-jupyter status), and start a new notebook with start-jupyter if it is not.',
  ],
};

/** Of a classic session: the proxy knows no more than that. */
export const JOB_GONE: Words = {
  title: 'This notebook has ended',
  lines: ['The scheduler says that its job is over.', SAVED, START_ANEW],
};

/** The scheduler's word on a job that has ended: what happened, and what helps. */
const OUTCOMES: Record<JobOutcome, readonly string[]> = {
  completed: ['The job is done: its Jupyter was shut down.', SAVED],
  failed: ['The job failed.', LOG, SAVED],
  cancelled: ['The job was cancelled.', SAVED],
  'timed-out': ['The time that was asked for is up.', SAVED, 'If you need longer, ask for more time.'],
  'out-of-memory': [
    'The job used more memory than it had asked for, so the cluster stopped it.',
    SAVED,
    'Ask for more memory next time, or load less data at once.',
  ],
  'node-failed': ['The compute node failed. That was not your fault.', SAVED],
  preempted: ['The cluster needed the node for another job, which goes first.', SAVED],
};

/** What the proxy itself knows of an end. */
const CAUSES: Record<EndCause, readonly string[]> = {
  destroyed: ['The job is over, or its Jupyter was shut down.', LOG, SAVED],
  expired: ['The link was reserved, but no job used it in time.'],
  'time-is-up': ['The time that was asked for is up.', SAVED, 'If you need longer, ask for more time.'],
  'job-ended': ['The scheduler says that the job is over.', LOG, SAVED],
  'backend-gone': ['Jupyter is gone from its compute node.', LOG, SAVED],
  replaced: ['Jupyter is gone from its compute node, and another notebook has its place there.', LOG, SAVED],
  evicted: ['An administrator of this service ended it. Ask your support why.', SAVED],
  'proxy-restarted': [
    'This service was restarted, and could not make sure again that the notebook is yours.',
    'Your job may still be running: look on the cluster (start-jupyter list), and end it (start-jupyter stop) before you start a new one.',
  ],
};

/** Ends about which the scheduler knows more than the proxy does. */
const EXPLAINED: readonly EndCause[] = ['destroyed', 'job-ended', 'backend-gone', 'time-is-up'];

export function ended(cause: EndCause, outcome: JobOutcome | undefined): Words {
  const lines = outcome !== undefined && EXPLAINED.includes(cause) ? OUTCOMES[outcome] : CAUSES[cause];
  return { title: 'This notebook has ended', lines: [...lines, START_ANEW] };
}

/** What the page says of itself, without asking the proxy. TIME is the reader's own time. */
export const PAGE_WORDS = {
  estimate: 'It should start around TIME. That is an estimate and may change.',
  away: 'There has been no connection since TIME. This page tries again by itself.',
  keyless:
    'This page was reloaded, or opened without the complete link, so Jupyter is going to ask for the token. Open the complete link that start-jupyter printed instead.',
  ready: { phase: 'ready', title: 'Your notebook is ready', lines: ['It opens now.'] },
  unopened: {
    phase: 'stopped',
    title: 'Your notebook is ready',
    lines: ['It did not open by itself.'],
    button: 'Open the notebook',
  },
  gone: {
    phase: 'stopped',
    title: 'This link is used up',
    lines: [
      'The notebook has ended, or its link was given back.',
      'Do you think that it is still there? Then open the complete link that start-jupyter printed once more.',
      START_ANEW,
    ],
  },
  tired: {
    phase: 'stopped',
    title: 'This page has stopped looking',
    lines: ['It looked for a whole day. Your job does not mind: it may still wait or run.'],
    button: 'Look again',
  },
} as const;
