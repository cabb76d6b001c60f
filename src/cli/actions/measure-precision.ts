import { resolve } from 'node:path';
import type { Split } from '../../data/emoji-dataset.js';
import type { Int8Loss } from '../../evaluation/score-int8-blocks.js';
import type { Int8Latency } from '../../latency/measure-int8-blocks.js';
import type { Device } from '../../runtime/device.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { checkClip } from '../compose/check-models.js';
import { namedDevices } from '../compose/describe-device.js';
import { measureInt8OnDevice } from '../compose/measure-on-device.js';
import { openMeasuredModel } from '../compose/measured-model.js';
import { withTarget } from '../compose/model-target.js';
import { withStore } from '../compose/open-store.js';
import { scoreInt8 } from '../compose/score-int8.js';
import { scoringCaptions } from '../compose/scoring-captions.js';
import { deviceLabel } from '../views/device-tables-view.js';
import { formatPrecisions, precisionRows } from '../views/precision-view.js';
import type { MeasureOptions } from './measure-model.js';

export interface PrecisionOptions extends MeasureOptions {
  /** Folder of a CLIP model; undefined for latencies alone. */
  readonly scorer?: string;
  /** Captions; undefined for those of the emoji set. */
  readonly prompts?: string;
  readonly split: Split;
  readonly count: number;
  readonly steps: number;
  readonly guidance: number;
}

/** Prints what every block of a UNet takes in float32 and on weights of int8, and with a scorer what int8 there alone costs in CLIP score. */
export async function measurePrecision(
  folder: string,
  options: PrecisionOptions,
  context: CliContext,
): Promise<void> {
  const { currentFolder, terminal } = context;
  const results = resolve(currentFolder, options.results);
  // before minutes of measuring
  if (options.scorer !== undefined) checkScoring(options.scorer, options, currentFolder);
  for (const device of namedDevices(options.device, options.threads)) {
    const rows = await withStore(results, context, async (store) =>
      precisionRows(
        await measureLatencies(device, folder, store, options, context),
        await score(device, folder, store, options, context),
      ),
    );
    const about = { model: folder, device: device.name, threads: device.threads ?? null };
    if (options.json) terminal.printJson({ ...about, precision: 'int8', blocks: rows });
    else terminal.print(`${deviceLabel(device)}\n${formatPrecisions(rows, terminal.styles)}`);
  }
}

function checkScoring(
  scorer: string,
  { prompts, split, count }: PrecisionOptions,
  currentFolder: string,
): void {
  checkClip(resolve(currentFolder, scorer));
  scoringCaptions({ captions: prompts === undefined ? null : resolve(currentFolder, prompts), split }, count);
}

async function measureLatencies(
  device: Device,
  folder: string,
  store: Store,
  options: PrecisionOptions,
  { currentFolder, terminal: { progress }, signal }: CliContext,
): Promise<readonly Int8Latency[]> {
  const results = resolve(currentFolder, options.results);
  const model = openMeasuredModel(resolve(currentFolder, folder), results, options.variant);
  let isShown = false;
  const telling = {
    onEntry: (): void => {
      signal.throwIfAborted();
    },
    onPart: (_: string, done: number, total: number): void => {
      signal.throwIfAborted();
      if (!isShown) progress.start(`measuring on ${deviceLabel(device)}, blocks`, total);
      isShown = true;
      progress.update(done);
    },
  };
  return measureInt8OnDevice(device, model, store, options, telling).finally(() => {
    progress.stop();
  });
}

async function score(
  device: Device,
  folder: string,
  store: Store,
  { scorer, prompts, split, count, steps, guidance, variant, results }: PrecisionOptions,
  context: CliContext,
): Promise<readonly Int8Loss[]> {
  if (scorer === undefined) return [];
  const { currentFolder, terminal, signal } = context;
  const absolute = (path: string): string => resolve(currentFolder, path);
  const chosen = { given: folder, resultsFolder: absolute(results), variant };
  return withTarget(chosen, context, async (target) => {
    terminal.progress.start('scoring blocks', target.unet.architecture.blocks.length);
    let done = 0;
    const scoring = {
      scorer: absolute(scorer),
      captions: prompts === undefined ? null : absolute(prompts),
      ...{ split, count, steps, guidance, pictureBatch: Math.min(8, count), variant: variant ?? null },
    };
    const onBlock = (): void => {
      signal.throwIfAborted();
      terminal.progress.update((done += 1));
    };
    return scoreInt8(device, target, scoring, { cache: store, results: absolute(results), onBlock }).finally(
      () => {
        terminal.progress.stop();
      },
    );
  });
}
