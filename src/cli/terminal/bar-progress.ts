import cliProgress, { type SingleBar } from 'cli-progress';
import { formatDuration } from './duration.js';
import { TimeLeft, type Progress } from './progress.js';

const FRAMES_PER_SECOND = 5;

interface Task {
  readonly label: string;
  readonly total: number;
  readonly timeLeft: TimeLeft;
  bar: SingleBar;
  done: number;
  payload: Payload;
}

interface Payload {
  readonly detail: string;
  readonly left: string;
}

/** Progress as a bar that is redrawn in place, with the time left. */
export class BarProgress implements Progress {
  readonly #stream: NodeJS.WritableStream;
  readonly #elapsedMs: () => number;
  #task: Task | undefined;

  constructor(stream: NodeJS.WritableStream, elapsedMs: () => number) {
    this.#stream = stream;
    this.#elapsedMs = elapsedMs;
  }

  start(label: string, total: number, done = 0): void {
    this.stop();
    const timeLeft = new TimeLeft(total, done, this.#elapsedMs());
    const payload = { detail: '', left: '' };
    this.#task = { label, total, done, timeLeft, payload, bar: this.#show(label, total, done, payload) };
  }

  update(done: number, detail = ''): void {
    const task = this.#task;
    if (task === undefined) return;
    const leftMs = task.timeLeft.leftMs(done, this.#elapsedMs());
    task.done = done;
    task.payload = { detail, left: leftMs === undefined ? '' : `${formatDuration(leftMs)} left` };
    task.bar.update(done, task.payload);
  }

  stop(): void {
    this.#task?.bar.stop();
    this.#task = undefined;
  }

  around(write: () => void): void {
    const task = this.#task;
    task?.bar.stop();
    write();
    if (task !== undefined) task.bar = this.#show(task.label, task.total, task.done, task.payload);
  }

  #show(label: string, total: number, done: number, payload: Payload): SingleBar {
    const bar = new cliProgress.SingleBar({
      stream: this.#stream,
      fps: FRAMES_PER_SECOND,
      clearOnComplete: true,
      gracefulExit: false,
      barsize: 24,
      format: (options, { progress, value }, { detail, left }: Payload) =>
        [`${label} ${cliProgress.Format.BarFormat(progress, options)} ${value}/${total}`, detail, left]
          .filter((part) => part !== '')
          .join('  '),
    });
    bar.start(total, done, payload);
    return bar;
  }
}
