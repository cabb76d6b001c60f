import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';

/** Text that is redrawn in place as it changes. */
export interface LiveText {
  /** Lines that fit on the screen. */
  readonly rows: number;
  show(text: string): void;
  /** Takes it away. */
  clear(): void;
}

export function createLiveText(screen: WriteStream): LiveText {
  const update = createLogUpdate(screen, { showCursor: true });
  return {
    get rows() {
      return screen.rows;
    },
    show: update,
    clear: () => {
      update.clear();
    },
  };
}
