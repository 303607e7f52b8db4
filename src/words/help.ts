/** The topics of `start-jupyter help`, which the man page has as well. What the code knows itself is put in between. */
import { StartJupyterError } from '../errors.js';

export const TOPICS = ['exit-codes', 'environment', 'files'] as const;
export type Topic = (typeof TOPICS)[number];

export type HelpRow = readonly [term: string, text: string];

export interface HelpPart {
  title: string;
  /** Before the rows. */
  text?: string;
  rows: readonly HelpRow[];
}

export function noHelp(topic: string, nearest: string | undefined): StartJupyterError {
  const meant = nearest === undefined ? '' : `Did you mean "start-jupyter help ${nearest}"? `;
  return new StartJupyterError('bad-option', `There is no help on "${topic}".`, {
    hint: `${meant}Topics: ${TOPICS.join(', ')}; or any command.`,
  });
}

export const EXIT_CODES_TITLE = 'Exit status of start-jupyter:';

/** `codes`: the names of errors with --json, by exit status. */
export const EXIT_CODES_AFTER = {
  title: 'With --json an error has a name as well:',
  text: 'It stands on stderr, under "error", "code".',
} as const;

export const WHAT_BEATS_WHAT: HelpPart = {
  title: 'What beats what, the strongest first:',
  rows: [
    ['1', 'what you type'],
    ['2', 'START_JUPYTER_*, the variables below'],
    ['3', 'a profile that you chose (--profile; start-jupyter profiles)'],
    ['4', 'the lines of your own job template (-b)'],
    ['5', 'your systems.yaml'],
    ['6', 'your site’s SBATCH_* variables'],
    ['7', 'your site’s systems.yaml'],
    ['8', 'what start-jupyter comes with'],
  ],
};

export const OPTION_VARIABLES = {
  title: 'Variables that stand for options:',
  text: `1, true, yes or on set an option without a value; 0, false, no, off or nothing leave it out. Of an option that may be repeated each value stands on a line; START_JUPYTER_MODULEPATH may have colons between them.`,
} as const;

/** Variables of ours that stand for no option: what a site's module file and the wrapper set. */
export const OWN_VARIABLES = {
  START_JUPYTER_CONFIG: 'the site’s systems.yaml; the site’s module file sets it',
  START_JUPYTER_NODE: 'the Node.js that runs the program',
} as const;

export const OTHER_VARIABLES: readonly HelpPart[] = [
  {
    title: 'Where your files are:',
    rows: [
      ['HOME', 'your home directory'],
      ['XDG_CONFIG_HOME', 'where your systems.yaml is (default: ~/.config)'],
      [
        'XDG_STATE_HOME',
        'where sessions are kept, on a file system that the nodes share (default: ~/.local/state)',
      ],
    ],
  },
  {
    title: 'What you see:',
    rows: [
      ['BROWSER', 'the program that --open starts'],
      ['DISPLAY, WAYLAND_DISPLAY', 'without one of them there is no browser here (Linux)'],
      ['NO_COLOR', 'no colours'],
      ['TERM', '"dumb": no colours, nothing that moves'],
    ],
  },
  {
    title: 'The scheduler:',
    rows: [
      ['SBATCH_*', 'what a site asks of every job of Slurm; those that would break a session are left out'],
      ['SLURM_CONF, SLURM_JWT', 'how Slurm’s commands find and enter their cluster'],
      ['SLURM_CLUSTERS', 'the cluster that a job is sent to'],
      [
        'PBS_DEFAULT, PBS_SERVER',
        'the server of Torque and PBS, and with them PBS_PRIMARY, PBS_SECONDARY, PBS_CONF_FILE, PBS_EXEC, PBS_LEAF_NAME, PBS_AUTH_METHOD, PBS_ENCRYPT_METHOD',
      ],
      [
        'SLURM_*, PBS_*',
        'whether this shell is in a job already, which one, and when that ends: SLURM_JOB_ID, SLURM_JOBID, SLURM_JOB_END_TIME, SLURM_CLUSTER_NAME, SLURM_JOB_NODELIST, SLURM_NODELIST, SLURMD_NODENAME, SLURM_SUBMIT_HOST, PBS_JOBID, PBS_VERSION, PBS_NUM_PPN, PBS_NODEFILE, PBS_O_HOST',
      ],
    ],
  },
  {
    title: 'The software:',
    rows: [
      ['PATH', 'where jupyter, conda, containers and the scheduler are looked for'],
      [
        'CONDA_PREFIX, VIRTUAL_ENV',
        'the environment that is active: the job has it as well, and so it has CONDA_DEFAULT_ENV, MODULEPATH, LOADEDMODULES, LD_LIBRARY_PATH, LANG and LC_ALL',
      ],
      ['CONDA_EXE, MAMBA_EXE', 'where conda and mamba are'],
      ['MAMBA_ROOT_PREFIX', 'where mamba keeps its environments'],
      ['JUPYTER_CONFIG_DIR', 'where your own configuration of Jupyter is; JUPYTER_CONFIG_PATH: more of them'],
      ['APPTAINER_*', 'places and binds of container images, and SINGULARITY_* likewise'],
      ['NODE_EXTRA_CA_CERTS', 'more certificate authorities, where the machine has none'],
    ],
  },
];

export const CONFIGURATION_FILES = {
  title: 'Configuration, the strongest first:',
  text: 'docs/configuration.md of the package says what may stand in them.',
} as const;

/** What a file of each layer is. */
export const LAYER_WORDS = {
  user: 'yours',
  site: 'your site’s',
  shipped: 'what start-jupyter comes with',
} as const;

export const TEMPLATE_FOLDERS = {
  title: 'Job templates (-b NAME), the strongest first:',
  text: 'A folder for each scheduler in them, and a file NAME.sh for each template.',
} as const;

export const SESSION_FILES = {
  title: 'Each session:',
  text: 'Readable by you alone. Not every session has all of them.',
  rows: [
    ['session.json', 'what is known of the session: its job, its link, its times. No secret'],
    ['end.json', 'how it ended, once that is sure'],
    ['job.log', 'what the job printed: start-jupyter logs'],
    ['scheduler.log', 'what Torque and PBS kept of its output'],
    ['batch.sh', 'the job’s script: what was submitted'],
    ['run.sh, lib/', 'what the script runs on the node'],
    ['settings, environment', 'what the session is, and what was found here for it'],
    ['jupyter_config.json', 'Jupyter’s configuration, with its token. Secret'],
    ['token', 'the token of the link. Secret'],
    ['redeem.secret', 'what the proxy knows the job by. Secret'],
    ['certificate.pem, key.pem', 'the session’s certificate and its key. The key is secret'],
    ['ca.pem', 'whom to trust about the proxy’s certificate'],
    ['ready.json', 'the node and the place where Jupyter listens, once it does'],
    ['warning, extended', 'when its time is up, once the end is near; and when it got more'],
    ['outcome', 'the job’s own last word'],
    ['open.html', 'leads your browser to the session, with its token. Secret'],
    ['supervise.sh', 'runs it where there is no scheduler, with local-job.json and local-exit'],
  ],
} as const satisfies HelpPart;

export const OTHER_FILES = {
  title: 'Other folders:',
  conda: 'environments that --conda-yml built. Delete those that you no longer need',
  share: 'for your site: module files, man pages, completions for the shell, an example of systems.yaml',
} as const;
