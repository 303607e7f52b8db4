/**
 * A real Slurm of the tests' own on hosts of their own (hosts.ts): its controller can be stopped without anybody else's
 * cluster noticing, and memory is limited where this machine's kernel lets Slurm do so.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { theBed } from './bed.js';
import { asRoot, listens, type Host } from './hosts.js';
import { until, type Running } from './processes.js';
import { user } from './users.js';

const CONTROLLER_PORT = 16827;
const NODE_PORT = 16828;
const DAEMON = { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' } };
/** Slurm 22 limits memory by these; without them a job over its memory ends as any that is killed. */
const MEMORY_CONTROLLERS = ['memory', 'freezer'].map((name) => `/sys/fs/cgroup/${name}`);

export interface HostSlurm {
  /** What a program needs in its environment to talk to this cluster and no other. */
  env: { SLURM_CONF: string };
  clusterName: string;
  /** Slurm kills a job that takes more memory than it asked for, and says so. */
  limitsMemory: boolean;
  /** One of Slurm's commands, as root; throws what it says when it fails. */
  ask(...command: string[]): Promise<string>;
  /** A job's state in Slurm's word (`RUNNING`), once it is one of these. */
  jobInState(jobId: string, states: readonly string[], limitMs?: number): Promise<string>;
  /** Cancels every job and waits until none is left. For an afterEach. */
  clear(): Promise<void>;
  stopController(): Promise<void>;
  /** With everything that it knew. */
  startController(): Promise<void>;
  end(): Promise<void>;
}

/** Starts a controller on one host and a node on the other. `folder`: a new one, that every host sees. */
export async function startSlurm(controller: Host, node: Host, folder: string): Promise<HostSlurm> {
  mkdirSync(join(folder, 'state'), { recursive: true });
  mkdirSync(join(folder, 'spool'));
  const limitsMemory = MEMORY_CONTROLLERS.every((path) => existsSync(join(path, 'cgroup.procs')));
  if (limitsMemory) removeControlGroups(node);
  const env = { SLURM_CONF: join(folder, 'slurm.conf') };
  const settings = { controller, node, folder, limitsMemory };
  writeFileSync(env.SLURM_CONF, configuration(settings));
  writeFileSync(join(folder, 'cgroup.conf'), 'CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\n');

  const daemon = (host: Host, ...command: string[]): Running =>
    host.start(user('root'), command, { env: { ...DAEMON.env, ...env }, cwd: '/' });
  const ask = (...command: string[]) => asRoot(controller, command, env);
  let running = daemon(controller, '/usr/sbin/slurmctld', '-D', '-c');
  const slurmd = daemon(node, '/usr/sbin/slurmd', '-D');
  const answers = async () => {
    await listens(controller, CONTROLLER_PORT);
    const ready = await until(
      () =>
        ask('sinfo', '-h', '-o', '%T').then(
          (said) => /^(idle|mixed|allocated)/.test(said) || undefined,
          () => undefined,
        ),
      30_000,
      200,
    );
    if (!ready)
      throw new Error(
        `Slurm on ${controller.name} and ${node.name} did not become ready in 30 s: see ${folder}`,
      );
  };
  const stopController = async () => {
    running.signal('SIGTERM');
    await running.ended(20_000);
    await until(
      async () => (await ask('scontrol', 'ping').catch(() => 'DOWN')).includes('DOWN') || undefined,
      20_000,
      100,
    );
  };
  await answers();
  return {
    env,
    clusterName: CLUSTER_NAME,
    limitsMemory,
    ask,
    async jobInState(jobId, states, limitMs = 60_000) {
      let last = '';
      const seen = await until(
        async () => {
          last = await ask('scontrol', '-o', 'show', 'job', jobId);
          const state = /\bJobState=(\w+)/.exec(last)?.[1] ?? '';
          return states.includes(state) ? state : undefined;
        },
        limitMs,
        200,
      );
      if (seen === undefined)
        throw new Error(`After ${limitMs} ms job ${jobId} is not ${states.join(' or ')}: ${last}`);
      return seen;
    },
    async clear() {
      for (const state of ['PENDING', 'RUNNING']) await ask('scancel', `--state=${state}`);
      const gone = await until(
        async () => ((await ask('squeue', '-h')) === '' ? true : undefined),
        45_000,
        200,
      );
      if (!gone) throw new Error(`After 45 s there are still jobs: ${await ask('squeue')}`);
    },
    stopController,
    async startController() {
      running = daemon(controller, '/usr/sbin/slurmctld', '-D');
      await answers();
    },
    async end() {
      await ask('scancel', '--full', '--signal=KILL', '--state=RUNNING').catch(() => undefined);
      for (const each of [slurmd, running]) {
        each.signal('SIGTERM');
        await each.ended(20_000);
      }
      if (limitsMemory) removeControlGroups(node);
    },
  };
}

const CLUSTER_NAME = 'sjhosts';

/** What a killed run left: they hold no process any more, as those ended with their host. */
function removeControlGroups(node: Host): void {
  for (const path of MEMORY_CONTROLLERS) {
    const own = join(path, `slurm_${node.name}`);
    if (!existsSync(own)) continue;
    const find = [own, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'];
    try {
      execFileSync('/usr/bin/find', find, { stdio: 'ignore', timeout: 10_000 });
    } catch {
      // Some process is still ending: the next start removes it.
    }
  }
}

/** As scripts/testbed/slurm.sh has it, and commented there; a job's end is hurried, and memory is counted. */
function configuration({
  controller,
  node,
  folder,
  limitsMemory,
}: {
  controller: Host;
  node: Host;
  folder: string;
  limitsMemory: boolean;
}): string {
  const track = limitsMemory
    ? 'ProctrackType=proctrack/cgroup\nTaskPlugin=task/cgroup\nSelectTypeParameters=CR_CPU_Memory'
    : 'ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectTypeParameters=CR_CPU';
  return `ClusterName=${CLUSTER_NAME}
SlurmctldHost=${controller.name}(${controller.address})
SlurmctldPort=${CONTROLLER_PORT}
SlurmdPort=${NODE_PORT}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${theBed().folder}/munge/munge.socket
CredType=cred/munge
${track}
SelectType=select/cons_tres
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
KillWait=10
MessageTimeout=5
MinJobAge=300
SchedulerParameters=sched_interval=2,bf_interval=5
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
NodeName=${node.name} NodeAddr=${node.address} CPUs=64 RealMemory=20000 State=UNKNOWN
PartitionName=compute Nodes=${node.name} Default=YES MaxTime=2-00:00:00 DefMemPerCPU=700 State=UP
PartitionName=debug Nodes=${node.name} MaxTime=00:30:00 DefMemPerCPU=700 State=UP
`;
}
