import { median } from 'simple-statistics';
import { Side, type SideCommand } from './side.js';

/** One way of writing what the peer does. */
export interface PeerVariant {
  readonly channelsLast: boolean;
  readonly compile: boolean;
  /** Which of PyTorch's implementations of AdamW, where there is training. */
  readonly optimizer?: 'fused' | 'foreach';
}

/** One way of having PyTorch work. */
export interface PeerSettings extends PeerVariant {
  readonly environment: string;
}

/** How one way did in the trial. */
export interface Trial extends PeerSettings {
  /** Median a step; null where it doesn't work. */
  readonly msPerStep: number | null;
  readonly failure?: string;
}

const sleeping = { OMP_WAIT_POLICY: 'passive', KMP_BLOCKTIME: '0' };
const keeping = {
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '67108864',
};

/**
 * Environments worth trying: OpenMP threads that sleep while they wait or spin as they do by default, and an allocator that keeps what
 * is freed or returns it to the system as it does by default. The likeliest first.
 */
export const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'passive, memory kept': { ...sleeping, ...keeping },
  passive: sleeping,
  'memory kept': keeping,
  default: {},
};

/** A way that takes so much longer than the best before it, warm, is not tried any further. */
const HOPELESS = 2;

/** The command of PyTorch's side in one of the {@link environments}. */
export const inEnvironment = (command: SideCommand, environment: string): SideCommand => ({
  ...command,
  environment: environments[environment] ?? {},
});

/** What is tried. */
export interface TrialPlan {
  /** Names of {@link environments}. */
  readonly environments: readonly string[];
  /** Compiled ones are tried in the environment that was fastest without. */
  readonly variants: readonly PeerVariant[];
  /** Further settings of `prepare`, such as a smaller extent. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Times that each way is timed. */
  readonly times: number;
}

/** Tries every way briefly. */
export async function tryPeerSettings(
  command: SideCommand,
  { environments: names, variants, settings, times }: TrialPlan,
  say: (text: string) => void,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  const inTurn = async (environment: string, compile: boolean): Promise<void> => {
    const side = new Side(inEnvironment(command, environment));
    for (const variant of variants.filter((each) => each.compile === compile)) {
      const bestMs = Math.min(...trials.map(({ msPerStep }) => msPerStep ?? Number.POSITIVE_INFINITY));
      const limitMs = HOPELESS * bestMs;
      const trial = await tryOne(side, { ...variant, environment }, { settings, times, limitMs });
      trials.push(trial);
      say(describeTrial(trial));
    }
    await side.end();
  };
  for (const environment of names) await inTurn(environment, false);
  if (variants.some(({ compile }) => compile)) await inTurn(fastest(trials).environment, true);
  return trials;
}

/** The best of those that work. */
export function fastest(trials: readonly Trial[]): Trial {
  const [best] = trials
    .filter(({ msPerStep }) => msPerStep !== null)
    .toSorted((one, other) => (one.msPerStep ?? 0) - (other.msPerStep ?? 0));
  if (best === undefined) throw new Error('PyTorch works in none of the ways tried; see above');
  return best;
}

async function tryOne(
  side: Side,
  way: PeerSettings,
  { settings, times, limitMs }: Pick<TrialPlan, 'settings' | 'times'> & { readonly limitMs: number },
): Promise<Trial> {
  try {
    await side.prepare({ ...way, ...settings });
    await side.steps(1);
    const taken = [(await side.steps(1)).ms];
    while (taken.length < times && Math.min(...taken) < limitMs) taken.push((await side.steps(1)).ms);
    return { ...way, msPerStep: median(taken) };
  } catch (error) {
    return { ...way, msPerStep: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** In words. */
function describeTrial({ msPerStep, failure, ...settings }: Trial): string {
  const result = msPerStep === null ? `fails: ${failure ?? ''}` : `${msPerStep.toFixed(0)} ms a step`;
  return `PyTorch, ${describeSettings(settings)}: ${result}`;
}

export function describeSettings({ environment, optimizer, channelsLast, compile }: PeerSettings): string {
  const format = channelsLast ? 'channels last' : 'channels first';
  const adamW = optimizer === undefined ? [] : [`${optimizer} AdamW`];
  return [compile ? 'compiled' : 'eager', format, ...adamW, `environment: ${environment}`].join(', ');
}
