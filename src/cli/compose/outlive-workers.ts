import { isWorkerLost } from '../../runtime/worker-lost.js';

/** How many workers in a row may be lost with nothing stored in between. */
const MOST_LOSSES = 3;

/** Who says whether work gets on, and is told of losses. */
export interface WorkerLossObserver {
  /** What is stored of the work, so that it can be told whether more came to it. */
  readonly standing: () => string;
  /** Told before the work is begun again. */
  readonly onLoss: (error: Error) => void;
}

/**
 * Does work again, with a worker of its own, where it lost its device's: what is stored is not done again. Gives up where
 * three in a row left nothing behind.
 * @param work begins anew each time, from what is stored
 * @throws what the work throws, `DEVICE_WORKER_LOST` at the last loss
 */
export async function outliveWorkers<T>(
  work: () => Promise<T>,
  { standing, onLoss }: WorkerLossObserver,
): Promise<T> {
  let [stood, losses] = [standing(), 0];
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isWorkerLost(error)) throw error;
      const stands = standing();
      losses = stands === stood ? losses + 1 : 1;
      stood = stands;
      if (losses === MOST_LOSSES) throw error;
      onLoss(error);
    }
  }
}
