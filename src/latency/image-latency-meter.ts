import type { LatencyMeter, MeasureArchitectureRequest, MeasureBlocksRequest } from '../search/ports.js';
import type { MeasuredBlocks } from '../search/latency-table.js';
import type { Estimate } from '../statistics/estimate.js';
import {
  imageBlock,
  imageCalibration,
  imageEntry,
  imageMs,
  imageTable,
  type ImageCost,
} from './image-cost.js';
import type { LatencyListener } from './latency-meter.js';

/** What an {@link ImageLatencyMeter} measures with. */
export interface ImageLatencyMeterParts {
  /** Makes the meter of a step, which tells its listener of steps. */
  readonly stepMeter: (listener: LatencyListener) => LatencyMeter;
  /** What a picture takes besides; asked once. */
  readonly measureCost: () => Promise<ImageCost>;
  /** Told of pictures. */
  readonly listener?: LatencyListener;
}

/**
 * Tells the time of whole pictures, text encoder to decoder, where another meter tells that of a step of the UNet: a network is what
 * all pictures take beside its steps, and `steps` times its step; a block is `steps` times what it costs in one. What a search
 * decides by such figures, it decides about pictures, and need not know.
 */
export class ImageLatencyMeter implements LatencyMeter {
  readonly #stepMeter: LatencyMeter;
  readonly #measureCost: () => Promise<ImageCost>;
  #cost: ImageCost | undefined;

  constructor({ stepMeter, measureCost, listener = {} }: ImageLatencyMeterParts) {
    this.#measureCost = measureCost;
    this.#stepMeter = stepMeter(this.#translated(listener));
  }

  async measureArchitecture(request: MeasureArchitectureRequest): Promise<{ readonly latencyMs: Estimate }> {
    const cost = await this.#knownCost();
    const { latencyMs } = await this.#stepMeter.measureArchitecture(request);
    return { latencyMs: imageMs(cost, latencyMs) };
  }

  async measureBlocks(request: MeasureBlocksRequest): Promise<MeasuredBlocks> {
    const cost = await this.#knownCost();
    const { entries, calibration, ...rest } = await this.#stepMeter.measureBlocks(request);
    return {
      ...rest,
      entries: entries.map((entry) => imageBlock(cost, entry)),
      ...(calibration === undefined ? {} : { calibration: imageCalibration(cost, calibration) }),
    };
  }

  async #knownCost(): Promise<ImageCost> {
    this.#cost ??= await this.#measureCost();
    return this.#cost;
  }

  /** The meter of a step tells only while it is asked, and it is asked once the cost is known. */
  #translated({ onTable, onNetwork }: LatencyListener): LatencyListener {
    return {
      onTable: (table) => {
        if (this.#cost !== undefined) onTable?.(imageTable(this.#cost, table));
      },
      onNetwork: (architectureHash, entry) => {
        if (this.#cost !== undefined) onNetwork?.(architectureHash, imageEntry(this.#cost, entry));
      },
    };
  }
}
