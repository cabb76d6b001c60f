import { SnapEvoError } from '../errors/snapevo-error.js';

/** What can be wrong with one place of a config. */
export type ConfigProblemCode =
  'CONFIG_YAML' | 'CONFIG_UNKNOWN_KEY' | 'CONFIG_MISSING_KEY' | 'CONFIG_VALUE' | 'CONFIG_OVERRIDE';

/** One thing wrong with a config, and where. */
export interface ConfigProblem {
  readonly code: ConfigProblemCode;
  /** Keys from the top, joined by dots; empty for the whole file. */
  readonly path: string;
  /** `file:line:column`, or the flag that brought it. */
  readonly where: string;
  /** What was expected and what was found. */
  readonly message: string;
}

/** Nobody reads more of them at once, and a hostile file can be wrong in a million places. */
export const MAX_PROBLEMS = 100;

/** Everything wrong with a config, at once, up to {@link MAX_PROBLEMS}. */
export class ConfigError extends SnapEvoError {
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, all: readonly ConfigProblem[]) {
    const problems = all.slice(0, MAX_PROBLEMS);
    const [first] = problems;
    const lines = problems.map(describeProblem);
    super({
      code: 'CONFIG_INVALID',
      message:
        problems.length === 1
          ? (lines[0] ?? '')
          : `${all.length > MAX_PROBLEMS ? `the first ${MAX_PROBLEMS}` : String(all.length)} problems in the configuration:\n${lines.map((line) => `  ${line}`).join('\n')}`,
      where: problems.length === 1 ? (first?.where ?? file) : file,
      hint: 'Add --dry-run to see the configuration with all its defaults, once it is right.',
      lists: { problems },
    });
    this.problems = problems;
  }
}

function describeProblem({ path, where, message }: ConfigProblem): string {
  return path === '' ? `${where}: ${message}` : `${where}: ${path}: ${message}`;
}
