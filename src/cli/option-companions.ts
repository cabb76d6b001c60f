import type { Command } from 'commander';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** Options that mean something only with another, or only without it; by the names that their values go by. */
export interface Companion {
  readonly options: readonly string[];
  readonly with?: string;
  readonly without?: string;
}

/**
 * Refuses options on the command line that would change nothing there.
 * @throws SnapEvoError `OPTION_UNFIT`
 */
export function requireCompanions(command: Command, companions: readonly Companion[]): void {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  for (const { options, with: needed, without } of companions) {
    const unfit = options.find(isGiven);
    if (unfit === undefined) continue;
    if (needed !== undefined && !isGiven(needed)) throw unfitOption(command, unfit, `--${needed}`);
    if (without !== undefined && isGiven(without)) throw unfitOption(command, unfit, `no --${without}`);
  }
}

function unfitOption(command: Command, name: string, expected: string): SnapEvoError {
  return new SnapEvoError({
    code: 'OPTION_UNFIT',
    message: `expected ${expected} beside --${name}; as it stands, that would change nothing`,
    where: `--${name}`,
    hint: `Leave the option out; \`npx snapevo ${command.name()} --help\` says what it goes with.`,
  });
}
