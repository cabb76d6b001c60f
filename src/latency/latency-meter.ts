import { hashArchitecture } from '../architecture/canonical-form.js';
import type { Architecture } from '../architecture/architecture.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { LatencyMeter, MeasureArchitectureRequest, MeasureBlocksRequest } from '../search/ports.js';
import type { Estimate } from '../search/estimate.js';
import type { BlockLatency } from '../search/latency-table.js';
import type { LatencyJob } from './latency-job.js';
import { assembleLatencyTable, type LatencyTable } from './latency-table.js';
import { measureArchitecture, measureOriginal } from './measure-architecture.js';
import { measureBlocksAlone } from './measure-blocks-alone.js';
import { measureBlocksInNetwork } from './measure-blocks-in-network.js';

/** Execution providers whose profile tells what a kernel costs; elsewhere it tells when a kernel was handed over. */
const profiledProviders: ReadonlySet<string> = new Set(['cpu']);

/**
 * Measures a UNet on a device for the search. Every measurement is stored under the job's key as soon as it is done and
 * read from there ever after, by other searches too; one that was interrupted goes on where it was. One at a time: the
 * engine has nothing else to run meanwhile.
 */
export class DeviceLatencyMeter implements LatencyMeter {
  readonly #job: LatencyJob;
  readonly #isProfiled: boolean;
  readonly #onTable: (table: LatencyTable) => void;

  /**
   * @param provider the execution provider that the job's host runs on
   * @param onTable told of the table that the search is given, with all that it rests on
   */
  constructor(job: LatencyJob, provider: string, onTable: (table: LatencyTable) => void = () => undefined) {
    this.#job = job;
    this.#isProfiled = profiledProviders.has(provider);
    this.#onTable = onTable;
  }

  /** @throws SnapEvoError `SESSION_FAILED`, `LATENCY_ARCHITECTURE_FOREIGN` */
  async measureArchitecture({
    architecture,
    anew = false,
  }: Pick<MeasureArchitectureRequest, 'architecture' | 'anew'>): Promise<{ readonly latencyMs: Estimate }> {
    this.#requireOwn(architecture);
    const { entry } = await measureArchitecture(this.#job, architecture, { anew });
    return { latencyMs: entry.medianMs };
  }

  /** A row for every block of the original; copies cost what their roots do. Errors as {@link measureArchitecture}. */
  async measureBlocks({
    architecture,
  }: Pick<MeasureBlocksRequest, 'architecture'>): Promise<{ readonly entries: readonly BlockLatency[] }> {
    this.#requireOwn(architecture);
    const table = await this.measureTable();
    this.#onTable(table);
    const { rows } = table;
    return { entries: rows.map(({ block, presentMs, skippedMs }) => ({ block, presentMs, skippedMs })) };
  }

  /** The whole table, with what each row rests on. */
  async measureTable(): Promise<LatencyTable> {
    const job = this.#job;
    const original = await measureOriginal(job);
    const networks = this.#isProfiled ? await measureBlocksInNetwork(job) : null;
    const alone = await measureBlocksAlone(job);
    return assembleLatencyTable({ config: job.unet.config, key: job.key, original, alone, networks });
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
