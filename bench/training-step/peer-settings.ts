import { median } from 'simple-statistics';
import { Side, type SideCommand } from '../side.js';

/** One way of having PyTorch train. */
export interface PeerSettings {
  readonly environment: string;
  readonly optimizer: 'fused' | 'foreach';
  readonly channelsLast: boolean;
  readonly compile: boolean;
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

const flags = [true, false];
const optimizers = ['fused', 'foreach'] as const;

/** The command of PyTorch's side in one of the {@link environments}. */
export const inEnvironment = (command: SideCommand, environment: string): SideCommand => ({
  ...command,
  environment: environments[environment] ?? {},
});

/** Tries every way briefly, compiled ones in the environment that was fastest without. */
export async function tryPeerSettings(
  command: SideCommand,
  withCompile: boolean,
  say: (text: string) => void,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  const inTurn = async (environment: string, compile: boolean): Promise<void> => {
    const side = new Side(inEnvironment(command, environment));
    for (const channelsLast of flags) {
      for (const optimizer of optimizers.slice(0, compile ? 1 : 2)) {
        const bestMs = Math.min(...trials.map(({ msPerStep }) => msPerStep ?? Number.POSITIVE_INFINITY));
        const trial = await tryOne(side, { environment, optimizer, channelsLast, compile }, bestMs);
        trials.push(trial);
        say(describeTrial(trial));
      }
    }
    await side.end();
  };
  for (const environment of Object.keys(environments)) await inTurn(environment, false);
  if (withCompile) await inTurn(fastest(trials).environment, true);
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

async function tryOne(side: Side, settings: PeerSettings, bestMs: number): Promise<Trial> {
  try {
    await side.prepare({ ...settings });
    await side.steps(1);
    const times = [(await side.steps(1)).ms];
    for (let unit = 0; unit < 5 && Math.min(...times) < HOPELESS * bestMs; unit += 1) {
      times.push((await side.steps(2)).ms / 2);
    }
    return { ...settings, msPerStep: median(times) };
  } catch (error) {
    return { ...settings, msPerStep: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** In words. */
export function describeTrial({ msPerStep, failure, ...settings }: Trial): string {
  const result = msPerStep === null ? `fails: ${failure ?? ''}` : `${msPerStep.toFixed(0)} ms a step`;
  return `PyTorch, ${describeSettings(settings)}: ${result}`;
}

export function describeSettings({ environment, optimizer, channelsLast, compile }: PeerSettings): string {
  const format = channelsLast ? 'channels last' : 'channels first';
  return `${compile ? 'compiled' : 'eager'}, ${format}, ${optimizer} AdamW, environment: ${environment}`;
}
