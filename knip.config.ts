import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'src/index.ts',
    'src/cli/main.ts',
    'src/**/{worker,*-worker}.ts',
    'bench/**/*.ts',
    'test/golden/**/*.ts',
    // Loaded into the built program by name.
    'test/faults/{backward-clock,impatient-store}.ts',
    'test/fuzz/{run,run-parser}.ts',
    'scripts/{set-up,build,start}.mjs',
    '.ci/*.mjs',
  ],
  // The font is read as files of the package, found by name when a plot is drawn.
  ignoreDependencies: ['@fontsource/inter'],
  // Make a named pipe and mounts in tests; part of every system that has them.
  ignoreBinaries: ['mkfifo', 'unshare'],
  // A type that is exported and used in its own file only is part of that file's signatures.
  ignoreExportsUsedInFile: { interface: true, type: true },
  project: ['{src,test,bench}/**/*.ts', '{bin,scripts,.ci}/**/*.{mjs,cjs}'],
};

export default config;
