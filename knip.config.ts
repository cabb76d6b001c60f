import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'src/index.ts',
    'src/cli/main.ts',
    'src/**/{worker,*-worker}.ts',
    'bench/**/*.ts',
    'examples/**/*.ts',
    'scripts/{set-up,build,start}.mjs',
    '.ci/*.mjs',
  ],
  // Named only in the arguments with which tests start worker threads from their sources.
  ignoreDependencies: ['tsx'],
  // A type that is exported and used in its own file only is part of that file's signatures.
  ignoreExportsUsedInFile: { interface: true, type: true },
  project: ['{src,test,bench,examples}/**/*.ts', '{scripts,.ci}/**/*.mjs'],
};

export default config;
