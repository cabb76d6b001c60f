import { formatDuration } from './duration.js';
import { TimeLeft, type Progress } from './progress.js';

/** A line at the start of a task, one at its end, and in between no more than this often. */
const LINE_EVERY_MS = 10_000;

interface Task {
  readonly label: string;
  readonly total: number;
  readonly timeLeft: TimeLeft;
  lineAtMs: number;
  lineDone: number;
}

/** Progress as plain lines, for logs and pipes. */
export class LineProgress implements Progress {
  readonly #write: (line: string) => void;
  readonly #elapsedMs: () => number;
  #task: Task | undefined;

  constructor(write: (line: string) => void, elapsedMs: () => number) {
    this.#write = write;
    this.#elapsedMs = elapsedMs;
  }

  start(label: string, total: number, done = 0): void {
    const elapsedMs = this.#elapsedMs();
    this.#task = {
      label,
      total,
      timeLeft: new TimeLeft(total, done, elapsedMs),
      lineAtMs: elapsedMs,
      lineDone: done,
    };
    this.#write(`${label}: ${done}/${total}`);
  }

  update(done: number, detail = ''): void {
    const task = this.#task;
    if (task === undefined || done === task.lineDone) return;
    const elapsedMs = this.#elapsedMs();
    if (done < task.total && elapsedMs - task.lineAtMs < LINE_EVERY_MS) return;
    task.lineAtMs = elapsedMs;
    task.lineDone = done;
    this.#write(
      [`${task.label}: ${done}/${task.total}`, detail, describeLeft(task, done, elapsedMs)]
        .filter(isSaid)
        .join(', '),
    );
  }

  stop(): void {
    this.#task = undefined;
  }

  around(write: () => void): void {
    write();
  }
}

function isSaid(part: string): boolean {
  return part !== '';
}

function describeLeft({ timeLeft, total }: Task, done: number, elapsedMs: number): string {
  const leftMs = timeLeft.leftMs(done, elapsedMs);
  return leftMs === undefined || done >= total ? '' : `${formatDuration(leftMs)} left`;
}
