/** The signals a person or a system stops a program with, and the exit statuses that shells know them by. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type StopSignal = keyof typeof SIGNALS;

/** The part of a process that signals come through. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
  readonly pid: number;
  kill(pid: number, signal: StopSignal): unknown;
}

/** Reason of the signal that {@link listenForInterruption} aborts: the work in hand was ended on request. */
export class Interruption extends Error {
  readonly exitStatus: number;

  constructor(signal: StopSignal) {
    super(`interrupted by ${signal}`);
    this.name = 'Interruption';
    this.exitStatus = SIGNALS[signal];
  }
}

interface Listener {
  readonly name: StopSignal;
  readonly listener: () => void;
}

/** Exiting would wait for a worker thread in the midst of the runtime's own code; the signal with nobody to catch it doesn't. */
function stopAtOnce(source: SignalSource, listeners: readonly Listener[], name: StopSignal): void {
  for (const each of listeners) source.off(each.name, each.listener);
  source.kill(source.pid, name);
}

/** Somebody who may be asked to stop. */
export interface InterruptionListener {
  readonly signal: AbortSignal;
  stopListening(): void;
}

/**
 * The first signal aborts, and lets the work in hand end; the second ends the process at once, which loses no more than that work,
 * since everything before it is stored.
 * @param onFirst tells the user that the first has been heard
 */
export function listenForInterruption(source: SignalSource, onFirst: () => void): InterruptionListener {
  const controller = new AbortController();
  const listeners: readonly Listener[] = (Object.keys(SIGNALS) as StopSignal[]).map((name) => {
    const listener = (): void => {
      if (controller.signal.aborted) stopAtOnce(source, listeners, name);
      else {
        controller.abort(new Interruption(name));
        onFirst();
      }
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    stopListening: () => {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}
