/** `start-jupyter doctor`: everything that a launch needs, looked at side by side, and nothing taken. */
import type { Scheduler } from '../../scheduler/scheduler.js';
import type { System } from '../../site/system.js';
import { VERSION } from '../../version.js';
import type { LaunchContext } from '../context.js';
import { stopIfAborted } from '../interrupted.js';
import type { LaunchOptions } from '../options.js';
import { MORE_TIME, SYSTEM } from '../../words/doctor.js';
import { lookForDirectory, lookForTemplate } from './choices.js';
import { bad, good, type Finding } from './finding.js';
import { limited } from './limited.js';
import { lookForMoreTime } from './more-time.js';
import { lookAtProxyOf } from './proxy.js';
import { lookAtScheduler, slowScheduler } from './scheduler.js';
import { lookForSessions } from './sessions.js';
import { lookForConda, lookForContainers, lookForJupyter, lookForModules } from './software.js';
import { homeFindings, kindByPrograms, lookForFiles, lookForSystem } from './system.js';

/** One after the other, with a look at programs in between, they are a quarter of a minute. */
const SYSTEM_MS = 5000;
const REST_MS = 8000;

/** What everything is looked at for. The system is absent where nobody knows it. */
export interface Surroundings {
  context: LaunchContext;
  options: LaunchOptions;
  system?: System;
  kind?: Scheduler['kind'];
}

/** In the order in which a launch would meet it. Throws 'interrupted' after Ctrl-C. */
export async function examine(context: LaunchContext, options: LaunchOptions): Promise<Finding[]> {
  const { signal } = context;
  const surroundings: Surroundings = { context, options };
  const look = (topic: string, work: (it: Surroundings) => Promise<Finding[]>, whenSlow?: Finding) =>
    limited(
      topic,
      REST_MS,
      signal,
      (limit) => work({ ...surroundings, context: { ...context, signal: limit } }),
      whenSlow,
    );
  const homeless = homeFindings(context);
  const isHome = homeless.length === 0;

  const early = [
    isHome ? look('Configuration', lookForFiles) : Promise.resolve(homeless),
    isHome ? look('Sessions', lookForSessions) : Promise.resolve([]),
    isHome ? look('Directory', lookForDirectory) : Promise.resolve([]),
    look('Modules', lookForModules),
    look('Containers', lookForContainers),
  ] as const;
  const system = isHome
    ? await limited('System', SYSTEM_MS, signal, lookForSystem(surroundings), NOT_FOUND_OUT)
    : [];
  stopIfAborted(signal);
  surroundings.kind ??= await kindByPrograms(surroundings, signal);
  const late = [
    look('Template', lookForTemplate),
    look('Scheduler', lookAtScheduler, slowScheduler(surroundings.kind, REST_MS)),
    look('Jupyter', lookForJupyter),
    look('conda', lookForConda),
    look('Proxy', lookAtProxyOf),
    look(MORE_TIME.label, lookForMoreTime),
  ] as const;
  const [files, sessions, directory, modules, containers] = await Promise.all(early);
  const [template, scheduler, jupyter, conda, proxy, moreTime] = await Promise.all(late);
  stopIfAborted(signal);
  const program = good('Program', `start-jupyter ${VERSION}, Node.js ${process.versions.node}`);
  const unread = system.some(({ topic }) => topic === 'Configuration');
  return [
    program,
    ...(unread ? [] : files),
    ...system,
    ...template,
    ...directory,
    ...scheduler,
    ...jupyter,
    ...conda,
    ...modules,
    ...containers,
    ...sessions,
    ...proxy,
    ...moreTime,
  ];
}

const NOT_FOUND_OUT = bad('System', 'scheduler-unreachable', ...SYSTEM.notFoundOut(SYSTEM_MS / 1000));
