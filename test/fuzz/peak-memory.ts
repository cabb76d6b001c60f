import { writeFileSync } from 'node:fs';

/** proc(5): forgets how much the process has held so far. */
const FORGET_PEAK = ['/proc/self/clear_refs', '5'] as const;

/**
 * What a stretch of work makes the process hold at most, resident, freed again before its end or not: the kernel notes every page. Of systems
 * other than Linux it is the most since the process began, which is never less. The rest of the process counts too: garbage of earlier work, other threads.
 * @returns a function that gives the bytes since now
 */
export function startPeakMemory(): () => number {
  try {
    writeFileSync(...FORGET_PEAK);
  } catch {
    // Then the peak of the whole process is the answer.
  }
  return () => process.resourceUsage().maxRSS * 1_024;
}
