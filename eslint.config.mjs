import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const workerEntries = '**/{worker,*-worker}.ts';
const toolConfigs = '*.config.{ts,mjs}';
const scripts = ['bin/**/*.mjs', 'scripts/**/*.{mjs,cjs}', '.ci/**/*.mjs'];

/** What makes a result depend on something other than its inputs; style.md has it injected. */
const hiddenInputs = [
  { object: 'Math', property: 'random', message: 'Draw from the injected seeded generator.' },
  { object: 'Date', property: 'now', message: 'Ask the injected clock.' },
  { object: 'performance', property: 'now', message: 'Ask the injected clock.' },
];
const processAccess = ['argv', 'env', 'exit', 'exitCode', 'stdin', 'stdout', 'stderr'].map((property) => ({
  object: 'process',
  property,
  message: 'Only src/cli reads arguments and the environment, writes to the terminal, or exits.',
}));
const networkGlobals = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'navigator'].map((name) => ({
  name,
  message: 'Only src/hub/hub.ts reaches the network.',
}));

export default defineConfig(
  globalIgnores(['dist/', '.dist-*/', 'coverage/', 'results/', 'models/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      complexity: ['error', 12],
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'max-depth': ['error', 4],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Its answer is `!`, which no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Cannot follow generic keys, and there are no enums here: erasableSyntaxOnly forbids them.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', ...hiddenInputs, ...processAccess],
    },
  },
  {
    // Whoever reads src/hub/hub.ts has read all that SnapEvo says to others.
    files: ['src/**/*.ts'],
    ignores: ['src/hub/hub.ts'],
    rules: {
      'no-restricted-globals': ['error', { globals: networkGlobals, checkGlobalObject: true }],
    },
  },
  {
    // The real clock and the entries of worker threads are where time and the outside come in.
    files: ['src/**/*clock.ts', `src/${workerEntries}`],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: [workerEntries, toolConfigs],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    // describe() and it() take whole suites as one function; tables of cases are long without being complicated.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: scripts,
    languageOptions: { globals: { console: 'readonly', performance: 'readonly', URL: 'readonly' } },
    // Casts are comments in JavaScript, which these rules do not see.
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-unsafe-return': 'off' },
  },
  {
    // To be read by any Node, however old.
    files: ['scripts/check-node.cjs'],
    languageOptions: { globals: { process: 'readonly' } },
    rules: { 'no-var': 'off' },
  },
);
