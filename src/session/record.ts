/** `session.json`: what is known of a session after the launcher has returned. It holds no secret. */
export interface SessionRecord {
  version: 1;
  id: string;
  system: string;
  scheduler: string;
  /** The unique job name, so that a job whose id was never read can be found. */
  jobName: string;
  jobId?: string;
  /** With --here: the scheduler's job in which it was started. */
  allocation?: string;
  /** Slurm's cluster, when sbatch sent the job to another one than the default. */
  cluster?: string;
  /** Three words. */
  name: string;
  /** `https://NAME.DOMAIN/`, without the token. */
  url: string;
  endpoint: string;
  protocol: 'v1' | 'classic';
  server: 'notebook' | 'jupyterlab';
  rootDir: string;
  walltimeMinutes?: number;
  /** ISO 8601. */
  createdAt: string;
  launcherVersion: string;
}
