import { defineConfig } from 'vitest/config';
import { webGpuEnvironment } from './test/support/webgpu.js';

const minuteMs = 60_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes rather than threads: native runtimes keep state per process, and end-to-end tests change directories.
    pool: 'forks',
    // Sessions use several threads of their own; more files at once than this only makes them fight for the cores.
    maxWorkers: 2,
    testTimeout: 5 * minuteMs,
    hookTimeout: 2 * minuteMs,
    env: webGpuEnvironment(),
  },
});
