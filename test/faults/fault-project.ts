import { beforeAll } from 'vitest';
import { TinyProject } from '../cli/tiny-project.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Of one round, and hastily measured: what it comes to is of no interest here, but that it always comes to the same. */
const hasty = [
  'search.maxRounds=1',
  'latency.endToEnd.timeLimitMs=50',
  'latency.alone.timeLimitMs=50',
  'latency.calibration.architectures=0',
];

/** The arguments of a search. */
export const searchInto = (results: string): readonly string[] => [
  'search',
  'search.yaml',
  ...[`results=${results}`, ...hasty].flatMap((setting) => ['--set', setting]),
];

export const resumeIn = (results: string): readonly string[] => ['resume', '--results', results];

/** A project as long as the tests of a file take. */
export function faultProject(): TinyProject {
  const project = new TinyProject(temporaryFolder());
  beforeAll(() => project.write());
  return project;
}
