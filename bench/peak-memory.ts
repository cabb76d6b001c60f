import { readFileSync, writeFileSync } from 'node:fs';

/** Forgets the peak so far, where the system can: from here on it is that of what follows. */
export function resetPeakMemory(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

/** The most memory of the process that was resident since the reset, in MB of 2^20 bytes; on systems without one, ever. */
export function peakMemoryMb(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
