import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** How a small session on a device went. */
export type DeviceProbe =
  | { readonly outcome: 'works' }
  | { readonly outcome: 'failed' | 'crashed' | 'timed-out'; readonly reason: string };

const answerSchema = z.object({ failure: z.string().nullable() });

/**
 * Makes and runs a small session on a device, without help of the CPU, in a process of its own: a driver that crashes or
 * hangs takes that process along and no other. Never throws.
 * @param name as the user names the device
 */
export async function probeDevice(name: string, timeLimitMs: number): Promise<DeviceProbe> {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = new URL(fromSource ? 'probe-worker.ts' : 'probe-worker.js', import.meta.url);
  const child = fork(fileURLToPath(entry), [name], {
    execArgv: fromSource ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve) => {
    const settle = (probe: DeviceProbe): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(probe);
    };
    const timer = setTimeout(() => {
      settle({ outcome: 'timed-out', reason: `no answer within ${timeLimitMs / 1000} s` });
    }, timeLimitMs);
    child.once('message', (message) => {
      const { failure } = answerSchema.parse(message);
      settle(failure === null ? { outcome: 'works' } : { outcome: 'failed', reason: failure });
    });
    child.once('error', ({ message }) => {
      settle({ outcome: 'failed', reason: message });
    });
    child.once('exit', (code, signal) => {
      settle({ outcome: 'crashed', reason: `its process ended with ${signal ?? `status ${String(code)}`}` });
    });
  });
}
