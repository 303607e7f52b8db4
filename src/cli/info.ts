/** What `--info` says about a launch. Never a secret. */
import { isBySsh } from '../launch/endpoint.js';
import type { LaunchOptions } from '../launch/options.js';
import type { Prepared } from '../launch/prepare.js';
import { valueWords } from '../launch/profiles/locks.js';
import { sshWays } from '../launch/ssh-plan.js';
import { formatMinutes } from '../scheduler/duration.js';
import type { JobKey } from '../site/schema.js';
import { reachedBySsh } from '../words/ssh.js';
import { commandLine } from './command-line.js';

/** Label and text of each line. */
export function infoLines(prepared: Prepared, options: LaunchOptions): [label: string, text: string][] {
  const { planned, environment, jupyter, place, scheduler, system, template, here } = prepared;
  const { image, recorded } = environment;
  const { minutes } = planned;
  const versions = Object.entries(jupyter?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  const command = scheduler.submitCommand(`${place.directory}/batch.sh`, options.schedulerArguments);
  return [
    ...(system.values.description ? [['Site', system.values.description] as [string, string]] : []),
    ...(here ? hereLines(here) : []),
    ...profileLine(system),
    ...(here ? [] : schedulerLines(prepared)),
    ['Time', minutes ? `${formatMinutes(minutes.value)} (from ${minutes.from})` : 'as the template says'],
    ['Script', template.path],
    ['Notebook directory', prepared.rootDir],
    ...(isBySsh(options, system) ? [sshLine(prepared, options)] : []),
    ['Session files', place.directory],
    ['Jupyter', jupyter ? `${jupyter.path} (${versions.join(', ')})` : 'not looked at'],
    ...(image === undefined ? [] : imageLines(image, recorded['sj_image_binds'] ?? '')),
    ...(here
      ? []
      : [['Site variables in force', prepared.siteVariables.join(', ') || 'none'] as [string, string]]),
    [here ? 'Started with' : 'Submitted with', commandLine(command)],
  ];
}

function sshLine(prepared: Prepared, options: LaunchOptions): [label: string, text: string] {
  const { ssh_host: host } = prepared.system.values;
  return ['Reached by', reachedBySsh(sshWays(options, prepared), host)];
}

function imageLines(image: string, binds: string): [label: string, text: string][] {
  return [
    ['Image', image],
    ['Seen inside it', binds.split('\n').join(', ')],
  ];
}

/** Nothing is submitted. */
function hereLines({ allocation }: NonNullable<Prepared['here']>): [label: string, text: string][] {
  return [
    ['Scheduler', 'none, it starts here'],
    ['In the job', allocation?.title ?? 'none'],
  ];
}

function schedulerLines({ scheduler, planned }: Prepared): [label: string, text: string][] {
  const { partition, account } = planned;
  return [
    ['Scheduler', scheduler.kind],
    ['Partition', partition ? `${partition.value} (from ${partition.from})` : 'the scheduler’s default'],
    ['Account', account ? `${account.value} (from ${account.from})` : 'the scheduler’s default'],
  ];
}

/** What a profile says that no file beats; what options beat have lines of their own. */
function profileLine({ profile, values, origins }: Prepared['system']): [label: string, text: string][] {
  if (profile === undefined) return [];
  const keys = (Object.keys(profile.values) as JobKey[]).filter(
    (key) => origins[key]?.profile && values[key] !== undefined,
  );
  const words = keys.map((key) => {
    const locked = profile.locked.includes(key) ? ' (locked)' : '';
    return `${key} ${valueWords(key, values[key])}${locked}`;
  });
  return [['From the profile', words.join('; ') || 'nothing']];
}
