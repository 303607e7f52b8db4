import tseslint from 'typescript-eslint';

/** The folders of src/; `errors`, `version` and `words` are for all of them. */
const FOLDERS = 'cli launched launch site scheduler script jupyter satellite session platform proxy'.split(
  ' ',
);

/** Which others the files of a folder may import (docs/architecture.md). */
const open = {
  launched: FOLDERS.filter((folder) => !['cli', 'proxy'].includes(folder)),
  launch: FOLDERS.filter((folder) => !['cli', 'launched', 'proxy'].includes(folder)),
  site: ['platform'],
  scheduler: ['platform'],
  script: ['scheduler', 'platform'],
  jupyter: ['script', 'platform'],
  satellite: ['platform'],
  session: ['script', 'scheduler', 'platform'],
  platform: [],
  words: ['script', 'scheduler'],
  proxy: ['satellite'],
};

const directions = Object.entries(open).map(([folder, others]) => ({
  files: [`src/${folder}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${closedTo(folder, others).join('|')})/`,
            message: 'This direction is closed, see docs/architecture.md.',
          },
        ],
      },
    ],
  },
}));

function closedTo(folder, others) {
  return FOLDERS.filter((other) => other !== folder && !others.includes(other));
}

/** One owner a library: only this module may import it. */
const owners = {
  execa: 'src/platform/process.ts',
  undici: 'src/platform/https.ts',
  tmp: 'src/session/store.ts',
  yaml: 'src/site/ and src/proxy/configuration/proxy-yaml.ts',
  'prom-client': 'src/proxy/operation/metrics.ts',
};

export default tseslint.config(
  { ignores: ['dist/', 'dist.new-*/', 'node_modules/', '.jupyter-venv/', 'docs/'] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'Set process.exitCode in the entry only.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/words/**', 'src/errors.ts', 'src/proxy/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="StartJupyterError"]',
          message: 'What a person reads is in src/words/: call a function there that gives the error.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-console': 'off' },
  },
  ...directions,
  // The local session runs the proxy inside the launcher.
  { files: ['src/launch/here/own-proxy.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/platform/**', 'src/session/store.ts', 'src/site/**', 'src/proxy/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: Object.entries(owners).map(([name, owner]) => ({ name, message: `${owner} owns ${name}.` })),
        },
      ],
    },
  },
);
