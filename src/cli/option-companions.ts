import type { Command } from 'commander';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** Options that mean something only with another, or only without it; by the names that their values go by. */
export interface Companion {
  readonly options: readonly string[];
  readonly with?: string;
  /** Of the option that they go with; any unless told otherwise. */
  readonly value?: string;
  readonly without?: string;
}

/**
 * Refuses options on the command line that would change nothing there.
 * @throws SnapEvoError `OPTION_UNFIT`
 */
export function requireCompanions(command: Command, companions: readonly Companion[]): void {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const isThere = (name: string, value: string | undefined): boolean =>
    isGiven(name) && (value === undefined || command.getOptionValue(name) === value);
  for (const { options, with: needed, value, without } of companions) {
    const unfit = options.find(isGiven);
    if (unfit === undefined) continue;
    if (needed !== undefined && !isThere(needed, value))
      throw unfitOption(command, unfit, [flagOf(command, needed), value].join(' ').trim());
    if (without !== undefined && isGiven(without))
      throw unfitOption(command, unfit, `no ${flagOf(command, without)}`);
  }
}

/** As it is typed. */
function flagOf({ options }: Command, name: string): string {
  return options.find((option) => option.attributeName() === name)?.long ?? `--${name}`;
}

function unfitOption(command: Command, name: string, expected: string): SnapEvoError {
  const flag = flagOf(command, name);
  return new SnapEvoError({
    code: 'OPTION_UNFIT',
    message: `expected ${expected} beside ${flag}; as it stands, that would change nothing`,
    where: flag,
    hint: `Leave the option out; \`npx snapevo ${command.name()} --help\` says what it goes with.`,
  });
}
