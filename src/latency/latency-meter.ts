import { hashArchitecture } from '../architecture/canonical-form.js';
import type { Architecture } from '../architecture/architecture.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { LatencyMeter, MeasureArchitectureRequest, MeasureBlocksRequest } from '../search/ports.js';
import { scale, ZERO, type Estimate } from '../statistics/estimate.js';
import type { BlockLatency, MeasuredBlocks } from '../search/latency-table.js';
import type { LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import {
  assembleLatencyTables,
  calibratedTable,
  toBlockLatency,
  type LatencyTable,
} from './latency-table.js';
import { measureArchitecture, measureOriginal } from './measure-architecture.js';
import { measureBlocksAlone } from './measure-blocks-alone.js';
import { measureBlocksByDifference } from './measure-blocks-by-difference.js';
import { measureBlocksInNetwork } from './measure-blocks-in-network.js';
import { measureInt8Blocks } from './measure-int8-blocks.js';
import { foreseeSkipping, measureCalibration } from './measure-calibration.js';

/** Execution providers whose profile tells what a kernel costs; elsewhere it tells when a kernel was handed over. */
const profiledProviders: ReadonlySet<string> = new Set(['cpu']);

/** Told of what the search is given, with all that it rests on. */
export interface LatencyListener {
  readonly onTable?: (table: LatencyTable) => void;
  /** A whole network, measured just now or before. */
  readonly onNetwork?: (architectureHash: string, entry: LatencyEntry) => void;
}

/**
 * Measures a UNet on a device for the search. Every measurement is stored under the job's key as soon as it is done and
 * read from there ever after; one that was interrupted goes on where it was. One at a time: the
 * engine has nothing else to run meanwhile.
 */
export class DeviceLatencyMeter implements LatencyMeter {
  readonly #job: LatencyJob;
  readonly #isProfiled: boolean;
  readonly #listener: LatencyListener;

  /** @param provider the execution provider that the job's host runs on */
  constructor(job: LatencyJob, provider: string, listener: LatencyListener = {}) {
    this.#job = job;
    this.#isProfiled = profiledProviders.has(provider);
    this.#listener = listener;
  }

  /** @throws SnapEvoError `SESSION_FAILED`, `LATENCY_ARCHITECTURE_FOREIGN` */
  async measureArchitecture({
    architecture,
    anew = false,
  }: Pick<MeasureArchitectureRequest, 'architecture' | 'anew'>): Promise<{ readonly latencyMs: Estimate }> {
    this.#requireOwn(architecture);
    const { entry } = await measureArchitecture(this.#job, architecture, { anew });
    this.#listener.onNetwork?.(hashArchitecture(architecture), entry);
    return { latencyMs: entry.medianMs };
  }

  /** A row for every block of the original; copies cost what their roots do. Errors as {@link measureArchitecture}. */
  async measureBlocks({
    architecture,
    quantize = false,
  }: Omit<MeasureBlocksRequest, 'type'>): Promise<MeasuredBlocks> {
    this.#requireOwn(architecture);
    const table = await this.measureTable();
    this.#listener.onTable?.(table);
    const { rows, calibration, skippedCalibration } = table;
    return {
      entries: quantize ? await this.#withInt8(rows) : rows.map(toBlockLatency),
      ...(calibration === null ? {} : { calibration }),
      ...(skippedCalibration === undefined ? {} : { skippedCalibration }),
    };
  }

  /** Inside networks blocks are not measured on int8: of what they cost there it saves the share that it saves alone. */
  async #withInt8(rows: LatencyTable['rows']): Promise<BlockLatency[]> {
    const measured = new Map((await measureInt8Blocks(this.#job)).map((each) => [each.block, each]));
    return rows.map((row) => {
      const { float32Ms, savingMs } = measured.get(row.block) ?? { float32Ms: ZERO, savingMs: ZERO };
      const factor = float32Ms.value > 0 ? row.presentMs.value / float32Ms.value : 1;
      return { ...toBlockLatency(row), int8SavingMs: scale(savingMs, Math.max(0, factor)) };
    });
  }

  /** The whole table, calibrated with whole networks where they don't take far too long, with what each row rests on. */
  async measureTable(): Promise<LatencyTable> {
    const job = this.#job;
    const original = await measureOriginal(job);
    const networks = this.#isProfiled ? await measureBlocksInNetwork(job) : null;
    const alone = await measureBlocksAlone(job);
    const parts = { config: job.unet.config, key: job.key, original, alone, networks };
    const tables = assembleLatencyTables(
      this.#isProfiled ? parts : { ...parts, withoutBlock: await measureBlocksByDifference(job) },
    );
    const skippedCalibration = foreseeSkipping(job, original);
    if (skippedCalibration !== null) return { ...tables[0], skippedCalibration };
    const calibration = await measureCalibration(job, tables);
    return calibration === null ? tables[0] : calibratedTable(tables, calibration);
  }

  /** Entries are named by an architecture's hash, which tells a UNet from another by its base. */
  #requireOwn(architecture: Architecture): void {
    const { base } = unetArchitecture(this.#job.unet.config);
    if (architecture.base === base) return;
    throw new SnapEvoError({
      code: 'LATENCY_ARCHITECTURE_FOREIGN',
      message: `expected an architecture of ${base}, found one of ${architecture.base}`,
      where: hashArchitecture(architecture),
      fault: 'internal',
    });
  }
}
