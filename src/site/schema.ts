/** What systems.yaml may say. docs/configuration.md explains every key; a test keeps the two together. */
import { linedMapOf, mapByName, mapOf, type Lined, type ValuesOf } from './reading.js';
import {
  bind,
  hostPattern,
  image,
  keyOf,
  listOf,
  matching,
  ofSite,
  oneOf,
  path,
  template,
  text,
  walltime,
  walltimeOrNone,
  wholeNumber,
  word,
  yesOrNo,
} from './values.js';

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const PORT = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

/** What is said of one partition beyond what the scheduler itself says. */
export const PARTITION_KEYS = {
  max_time: walltime,
  description: text,
};

export type PartitionValues = ValuesOf<typeof PARTITION_KEYS>;

/** What ssh can lead to on the node, the best first. */
export const SSH_WAYS = ['socket', 'loopback', 'address'] as const;

export type SshWay = (typeof SSH_WAYS)[number];

/** Programs of the site that are run for something that only it can do. */
export const HOOK_KEYS = {
  extend: ofSite(path),
};

/** What a job asks for, and the software that it runs: systems and profiles say it with the same keys. */
export const JOB_KEYS = {
  partition: word,
  account: word,
  time: walltime,
  nodes: wholeNumber(1),
  cpus: wholeNumber(1),
  gpus: wholeNumber(0),
  memory: matching(/^[1-9][0-9]{0,8}[KMGTkmgt]?$/, 'a size such as 4G or 500M'),
  gres: word,
  qos: word,
  constraint: word,
  reservation: word,

  server: oneOf('notebook', 'jupyterlab'),
  template,
  warn_before: walltimeOrNone,
  idle_timeout: walltimeOrNone,

  modules: listOf(word),
  modulepath: listOf(path),
  module_start: oneOf('keep', 'purge', 'reset'),
  conda_init: path,
  conda_env: text,
  conda_yml: path,
  image,
  binds: listOf(bind),
  image_gpu: oneOf('nv', 'rocm'),
  image_modules: listOf(word),
};

export type JobKey = keyof typeof JOB_KEYS;

export type JobValues = ValuesOf<typeof JOB_KEYS>;

const accountName = matching(/^[^\s:,\p{Cc}]+$/u, 'one name without blanks');

/** Every key of a profile. */
export const PROFILE_KEYS = {
  description: text,
  ...JOB_KEYS,
  locked: ofSite(listOf(keyOf(JOB_KEYS))),
  groups: ofSite(listOf(accountName)),
  users: ofSite(listOf(accountName)),
};

export type ProfileKey = keyof typeof PROFILE_KEYS;

/** What one file says of one profile. */
export type ProfileLayer = Lined<ProfileKey>;

/** Every key of a system and how its value is read. */
export const SYSTEM_KEYS = {
  description: text,
  as_of: text,
  retired: yesOrNo,
  message: text,

  hosts: listOf(hostPattern),
  clusters: listOf(text),

  endpoint: matching(
    new RegExp(`^(?!manage\\.)${LABEL}(?:\\.${LABEL})*(?::${PORT})?$`),
    'DOMAIN or DOMAIN:PORT in small letters, without https:// and manage.',
  ),
  protocol: oneOf('auto', 'v1', 'classic'),
  ca: path,
  connect: oneOf('proxy', 'ssh'),
  ssh_host: matching(
    new RegExp(`^[A-Za-z0-9][A-Za-z0-9.-]*(?::${PORT})?$`),
    'the name of the login host, or NAME:PORT',
  ),
  ssh_ways: listOf(oneOf(...SSH_WAYS)),
  node_suffix: matching(/^(?:\.[A-Za-z0-9-]+)+$/, 'the end of a host name, such as .eth.cluster'),

  scheduler: oneOf('slurm', 'torque', 'pbs', 'local'),
  account_required: yesOrNo,
  gpu_form: oneOf('gpus', 'gres'),
  partitions: mapByName(mapOf(PARTITION_KEYS)),

  ...JOB_KEYS,
  conda_required: yesOrNo,

  profiles: mapByName(linedMapOf(PROFILE_KEYS)),
  profile: word,

  here_on_login_node: ofSite(yesOrNo),
  hooks: mapOf(HOOK_KEYS),
};

export type SystemKey = keyof typeof SYSTEM_KEYS;

/** What is said of a system, by key; times are minutes. A key that nobody gave is absent. */
export type SystemValues = ValuesOf<typeof SYSTEM_KEYS>;
