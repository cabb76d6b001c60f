import { ConfigError } from '../../config/config-error.js';
import type { OptimizationStage, OptimizeConfig } from '../../config/optimize-config.js';
import { parseOverrides } from '../../config/override.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { stagesOf } from './stages-of.js';

/**
 * Refuses stages that nothing would come of: what has evolved is not evolved again, and alone a comparison would hold a pipeline against itself.
 * @throws SnapEvoError `STAGES_IDLE`
 */
export function requireStages(config: Pick<OptimizeConfig, 'stages' | 'evolved'>): void {
  const stages = stagesOf(config);
  if (stages.length === 0)
    throw idle('[evolve] beside a pipeline that has evolved before', 'Leave evolved out');
  if (stages.every((stage) => stage === 'compare') && config.evolved === null)
    throw idle('[compare] without a pipeline to hold against the original', 'Set evolved to one');
}

function idle(found: string, remedy: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STAGES_IDLE',
    message: `stages: expected some that something comes of, found ${found}`,
    where: 'stages',
    hint: `${remedy}, or ask for further stages.`,
  });
}

/**
 * Refuses to be told of stages where the command says which there are.
 * @param stages the command's own
 * @param settings of the command line
 * @throws ConfigError naming each such setting
 */
export function refuseStages(stages: readonly OptimizationStage[], settings: readonly string[]): void {
  const problems = parseOverrides(settings)
    .filter(({ path }) => path[0] === 'stages')
    .map(({ flag }) => ({
      ...({ code: 'CONFIG_OVERRIDE', path: 'stages', where: flag } as const),
      message: `expected no stages beside a command that goes through ${stages.join()} alone; \`snapevo optimize\` goes through others`,
    }));
  if (problems.length > 0) throw new ConfigError('command line', problems);
}
