import tseslint from 'typescript-eslint';

/**
 * The directions in which parts of src/ may import each other (docs/architecture.md):
 * every entry lists what a folder must NOT import. Paths are as written in import statements.
 */
const forbidden = {
  'src/site/**': [
    'cli',
    'launch',
    'launched',
    'scheduler',
    'script',
    'jupyter',
    'satellite',
    'session',
    'proxy',
  ],
  'src/scheduler/**': [
    'cli',
    'launch',
    'launched',
    'site',
    'script',
    'jupyter',
    'satellite',
    'session',
    'proxy',
  ],
  'src/script/**': ['cli', 'launch', 'launched', 'site', 'jupyter', 'satellite', 'session', 'proxy'],
  'src/jupyter/**': ['cli', 'launch', 'launched', 'site', 'scheduler', 'satellite', 'session', 'proxy'],
  'src/satellite/**': [
    'cli',
    'launch',
    'launched',
    'site',
    'scheduler',
    'script',
    'jupyter',
    'session',
    'proxy',
  ],
  'src/session/**': ['cli', 'launch', 'launched', 'site', 'jupyter', 'satellite', 'proxy'],
  'src/platform/**': [
    'cli',
    'launch',
    'launched',
    'site',
    'scheduler',
    'script',
    'jupyter',
    'satellite',
    'session',
    'proxy',
  ],
  'src/launch/**': ['cli', 'launched', 'proxy'],
  'src/launched/**': ['cli', 'proxy'],
  'src/words/**': [
    'cli',
    'launch',
    'launched',
    'site',
    'jupyter',
    'satellite',
    'session',
    'platform',
    'proxy',
  ],
  'src/proxy/**': [
    'cli',
    'launch',
    'launched',
    'site',
    'scheduler',
    'script',
    'jupyter',
    'session',
    'platform',
  ],
};

const directions = Object.entries(forbidden).map(([folder, names]) => ({
  files: [folder],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${names.join('|')})/`,
            message: 'This direction is closed, see docs/architecture.md.',
          },
        ],
      },
    ],
  },
}));

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
