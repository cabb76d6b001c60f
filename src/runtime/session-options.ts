import type { InferenceSession } from 'onnxruntime-node';
import type { Device } from './device.js';

/** How a session is made. */
export interface SessionSettings {
  /** Outputs that stay in the session and are an input of its next run: `{ output name: input name }`. */
  readonly residents?: Readonly<Record<string, string>>;
  /**
   * How far the runtime rewrites the graph. Unless told otherwise `all`, which lays convolutions' weights out anew and so copies them, or, for
   * weights that lie in a file, `extended`, which leaves them there.
   */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Path prefix of the profile the runtime writes when the session ends; no profile when absent. */
  readonly profilePrefix?: string;
  /** Folder that external data is relative to, for models given as bytes; such data are read where they are and not copied. */
  readonly folder?: string;
  /**
   * Whether constants of matrix products are copied into the layout that kernels read fastest, which takes their size once more and seconds at the
   * start; if they lie in a file, only when told to.
   */
  readonly prepacking?: boolean;
  /**
   * Whether the CPU's threads wait awake for a moment before they sleep; yes unless told otherwise. A round of search takes 0.83 of the time so where nothing else
   * runs, 1.2 times as long where others want every core. No where runs are timed: latencies were always measured without.
   */
  readonly spinning?: boolean;
  /** Whether the CPU may run what the device's provider can't; yes unless told otherwise. */
  readonly fallback?: boolean;
}

/** Microseconds that threads wait awake. As long as the runtime has them do it by itself, they steal time from other sessions: a block of 12 ms measured 32. */
const spinMicroseconds = 50;

/**
 * The runtime's options. Memory patterns cost a fifth more memory for no visible speed. Kernels stored as int8 are widened when the model is loaded, not
 * at every run: a third faster.
 */
export function sessionOptions(device: Device, settings: SessionSettings): InferenceSession.SessionOptions {
  const {
    profilePrefix,
    folder,
    optimization = folder === undefined ? 'all' : 'extended',
    prepacking = folder === undefined,
    fallback = true,
  } = settings;
  const { processors = [] } = device;
  return {
    executionProviders: [provider(device)],
    graphOptimizationLevel: optimization,
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(device.threads === undefined ? {} : { intraOpNumThreads: device.threads }),
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
    extra: {
      session: {
        intra_op: waiting(settings),
        disable_quant_qdq: '1',
        ...(processors.length === 0
          ? {}
          : { intra_op_thread_affinities: processors.map((processor) => processor + 1).join(';') }),
        ...(prepacking ? {} : { disable_prepacking: '1' }),
        ...(fallback ? {} : { disable_cpu_ep_fallback: '1' }),
        ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
      },
    },
  };
}

const waiting = ({ spinning = true }: SessionSettings): Readonly<Record<string, string>> =>
  spinning ? { allow_spinning: '1', spin_duration_us: String(spinMicroseconds) } : { allow_spinning: '0' };

function provider({ provider: name, index }: Device): InferenceSession.ExecutionProviderConfig {
  if (name === 'cpu' || name === 'webgpu') return name;
  const onDevice: { name: string; deviceId: number } = { name, deviceId: index };
  return onDevice;
}
