import { execFileSync } from 'node:child_process';
import { benchPath, repositoryPath, type BenchOptions, type Part, type PreparedSide } from '../part.js';

/** A program from its start to its end. */
function program(name: string, { python }: BenchOptions, command: readonly string[]): PreparedSide {
  return {
    command: { name, command: python, args: [benchPath('peers/start_process.py'), ...command] },
    settings: {},
  };
}

/** The built program, beside what anything written with diffusers starts with. */
export const startUp: Part = {
  name: 'start-up',
  title: 'a program started, and ended',
  rounds: 20,
  stepsPerUnit: 1,
  tolerance: 0,
  write: () => {
    execFileSync(process.execPath, [repositoryPath('scripts/build.mjs')], { stdio: 'ignore' });
  },
  ours: (_, options) =>
    ['--version', '--help'].map((flag) =>
      program(`snapevo ${flag}`, options, [process.execPath, repositoryPath('dist/cli/main.js'), flag]),
    ),
  peer: (_, options) =>
    program('python -c "import diffusers"', options, [options.python, '-c', 'import diffusers']),
};
