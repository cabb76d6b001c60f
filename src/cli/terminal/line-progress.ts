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
  readonly #nowMs: () => number;
  #task: Task | undefined;

  constructor(write: (line: string) => void, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  start(label: string, total: number, done = 0): void {
    const nowMs = this.#nowMs();
    this.#task = {
      label,
      total,
      timeLeft: new TimeLeft(total, done, nowMs),
      lineAtMs: nowMs,
      lineDone: done,
    };
    this.#write(`${label}: ${done}/${total}`);
  }

  update(done: number, detail = ''): void {
    const task = this.#task;
    if (task === undefined || done === task.lineDone) return;
    const nowMs = this.#nowMs();
    if (done < task.total && nowMs - task.lineAtMs < LINE_EVERY_MS) return;
    task.lineAtMs = nowMs;
    task.lineDone = done;
    this.#write(
      [`${task.label}: ${done}/${task.total}`, detail, describeLeft(task, done, nowMs)]
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

function describeLeft({ timeLeft, total }: Task, done: number, nowMs: number): string {
  const leftMs = timeLeft.leftMs(done, nowMs);
  return leftMs === undefined || done >= total ? '' : `${formatDuration(leftMs)} left`;
}
