import { SnapEvoError } from '../errors/snapevo-error.js';

/** The largest code: symmetric about zero, so that zero is a code and -128 is none. */
const largestCode = 127;

/** A matrix as 8-bit codes; an element is its code times the scale of its channel. */
export interface QuantizedChannels {
  /** Row-major, of the matrix's shape. */
  readonly codes: Int8Array;
  /** Of each output channel. */
  readonly scales: Float32Array;
}

/** Where a matrix's output channels are, and the weight's name, for errors. */
interface ChannelLayout {
  readonly name: string;
  /** Elements are [...rest, channels], not [channels, ...rest]. */
  readonly channelsLast?: boolean;
}

/**
 * Rounds a weight's elements to 8 bits, symmetrically, with a scale for each output channel: the channel's largest magnitude over 127 (equations 2
 * and 5 of arXiv 2004.09602). No element moves by more than half its scale.
 * @param elements [channels, ...rest], row-major; or [...rest, channels] where channels come last
 * @throws SnapEvoError `QUANTIZE_NOT_FINITE`
 */
export function quantizeChannels(
  elements: Float32Array,
  channels: number,
  layout: ChannelLayout,
): QuantizedChannels {
  const scales = channelScales(elements, channels, layout);
  const channelOf = channelFinder(elements, channels, layout);
  const codes = new Int8Array(elements.length);
  // Int8Array.from first makes a list of all numbers, which took 50 times as long
  elements.forEach((element, index) => {
    codes[index] = code(element, scales[channelOf(index)] ?? 1);
  });
  return { codes, scales };
}

/** The scales of {@link quantizeChannels} alone, of the same elements. Throws as it does. */
export function channelScales(elements: Float32Array, channels: number, layout: ChannelLayout): Float32Array {
  const channelOf = channelFinder(elements, channels, layout);
  const largest = new Float32Array(channels);
  elements.forEach((element, index) => {
    if (!Number.isFinite(element)) throw notFinite(element, layout.name);
    const channel = channelOf(index);
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(element));
  });
  return largest.map(scaleOf);
}

function channelFinder(
  { length }: Float32Array,
  channels: number,
  { channelsLast = false }: ChannelLayout,
): (index: number) => number {
  const inner = length / channels;
  return channelsLast ? (index) => index % channels : (index) => Math.floor(index / inner);
}

/** Of a channel of zeros, or of numbers too small for a scale in float32, every code is 0, whatever the scale. */
function scaleOf(largest: number): number {
  const scale = Math.fround(largest / largestCode);
  return scale < smallestScale ? 1 : scale;
}

/** The smallest normal float32: below, scales are rounded so coarsely that codes overflow, and kernels may take them for zero. */
const smallestScale = 2 ** -126;

/** Ties go to the even code, as in ONNX's QuantizeLinear. */
function code(element: number, scale: number): number {
  const exact = element / scale;
  const down = Math.floor(exact);
  const isTie = exact - down === 0.5;
  const rounded = isTie ? down + (Math.abs(down) % 2) : Math.round(exact);
  return Math.min(largestCode, Math.max(-largestCode, rounded));
}

function notFinite(element: number, where: string): SnapEvoError {
  return new SnapEvoError({
    code: 'QUANTIZE_NOT_FINITE',
    message: `expected weights of finite numbers, found ${element}`,
    where,
    hint: 'The weights are damaged, or training diverged: keep them as fp32, or use others.',
  });
}
