import type { DistillationPlan } from './distillation-plan.js';

/** Which of the two networks: the pretrained one, or the one that is to run in a few steps. */
export type Network = 'original' | 'student';

/** A stage's name: the network that it trains, and the sampling steps it is distilled to; `velocity` for the fine-tuning before. */
export type DistillationStage = `${Network}-${'velocity' | number}`;

/** A network's weights: those it was given or fine-tuned to v with, or what a stage made of them. */
export interface WeightsOf {
  readonly network: Network;
  readonly after: DistillationStage | undefined;
}

interface Outline {
  readonly name: DistillationStage;
  readonly startFrom: WeightsOf;
}

/** A network is fine-tuned to predict v. */
interface VelocityOutline extends Outline {
  readonly kind: 'velocity';
  /** Which stage of the plan says how it trains. */
  readonly pace: 'velocity';
}

/** A network learns to take half as many steps as its teacher. */
export interface HalvingOutline extends Outline {
  readonly kind: 'halving';
  readonly pace: 'first' | 'second' | 'third';
  /** Sampling steps of the network afterwards. */
  readonly steps: number;
  readonly teacher: WeightsOf;
}

export type StageOutline = VelocityOutline | HalvingOutline;

/**
 * The stages of a distillation, in order. With N sampling steps of the student in the end:
 *
 * - `direct` (arXiv 2306.00980, section 4): the original is taught 2N steps by itself at 4N; so is the student, by the original at 4N; then the student, going on from there, is taught N steps by the original at 2N.
 * - `progressive` (arXiv 2202.00512, algorithm 2): the student is taught 4N steps by the original at 8N, then 2N and N steps by what it was before.
 *
 * The networks may be one, where nothing but the original is distilled; `direct` has no second halving then.
 */
export function distillationStages(
  { schedule, studentSteps: n }: Pick<DistillationPlan, 'schedule' | 'studentSteps'>,
  { areOne, predictVelocity }: { readonly areOne: boolean; readonly predictVelocity: boolean },
): readonly StageOutline[] {
  const networks: readonly Network[] = areOne ? ['original'] : ['original', 'student'];
  const halvings = schedule === 'direct' ? directHalvings(n, areOne) : progressiveHalvings(n, areOne);
  return [...(predictVelocity ? [] : networks.map(fineTuning)), ...halvings];
}

const untaught = (network: Network): WeightsOf => ({ network, after: undefined });
const taught = (network: Network, steps: number): WeightsOf => ({ network, after: `${network}-${steps}` });

const fineTuning = (network: Network): VelocityOutline => ({
  kind: 'velocity',
  name: `${network}-velocity`,
  startFrom: untaught(network),
  pace: 'velocity',
});

function halving(
  pace: HalvingOutline['pace'],
  steps: number,
  startFrom: WeightsOf,
  teacher: WeightsOf,
): HalvingOutline {
  return { kind: 'halving', name: `${startFrom.network}-${steps}`, steps, startFrom, teacher, pace };
}

function directHalvings(n: number, areOne: boolean): readonly HalvingOutline[] {
  const own: Network = areOne ? 'original' : 'student';
  const original = untaught('original');
  return [
    halving('first', 2 * n, original, original),
    ...(areOne ? [] : [halving('second', 2 * n, untaught('student'), original)]),
    halving('third', n, taught(own, 2 * n), taught('original', 2 * n)),
  ];
}

function progressiveHalvings(n: number, areOne: boolean): readonly HalvingOutline[] {
  const own: Network = areOne ? 'original' : 'student';
  return [
    halving('first', 4 * n, untaught(own), untaught('original')),
    halving('second', 2 * n, taught(own, 4 * n), taught(own, 4 * n)),
    halving('third', n, taught(own, 2 * n), taught(own, 2 * n)),
  ];
}
