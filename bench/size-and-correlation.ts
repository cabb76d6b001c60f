/** Says of numbers what tells them from others: their size, and 1 more than how they correlate with a probe, as many numbers of size 1. */
export function sizeAndCorrelation(numbers: Float32Array, probe: Float32Array): number[] {
  const size = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0) / numbers.length);
  const dot = numbers.reduce((sum, value, i) => sum + value * (probe[i] ?? Number.NaN), 0);
  return [size, 1 + dot / numbers.length / size];
}
