/** What a reader of a measurement must know; each name stands in the `flags` of entries. */
export type LatencyWarning = keyof typeof latencyWarnings;

/** The warnings, and what to make of each. */
export const latencyWarnings = {
  unstable: 'the interval of the median was still too wide when time, samples or forwards ran out',
  'few-samples':
    'fewer than six samples: the interval is their range, and holds the median less than 95% of the time',
  outliers: 'some samples lie more than three interquartile ranges outside the quartiles; they are kept',
  drift:
    'the first and the second half of the samples disagree: the machine was busy, throttled or still warming up',
  'not-warmed-up': 'it was still getting faster when the warm-up ended',
  'reference-moved':
    'the reference beside it, for whole networks the original, was not as fast as when it was first measured; of whole networks the ratio was used',
  throttled:
    'the reference beside it got slower and slower: let the machine cool or plug it in, fix its clock rate, and measure again',
  'busy-machine':
    'other processes took the machine, or the time of the reference beside it went up and down: end them and measure again',
} as const;

export const warningNames = Object.keys(latencyWarnings) as readonly LatencyWarning[];
