import type { OpType } from '../graph/graph.js';
import { differentiateIf } from './if-rule.js';
import * as convolution from './convolution-rules.js';
import * as elementwise from './elementwise-rules.js';
import type { GradientRule, NotDifferentiable } from './gradient-rule.js';
import * as linear from './linear-algebra-rules.js';
import * as normalization from './normalization-rules.js';
import * as reduction from './reduction-rules.js';
import * as shape from './shape-rules.js';

const constant = (reason: string): NotDifferentiable => ({ kind: 'constant', reason });
const unsupported = (reason: string): NotDifferentiable => ({ kind: 'unsupported', reason });

const quantized = 'graphs are quantised once they are trained';

/** The gradient of every operation: one that is missing here does not compile. */
export const gradientRules: { readonly [Op in OpType]: GradientRule<Op> | NotDifferentiable } = {
  Abs: elementwise.absRule,
  Add: elementwise.addRule,
  ArgMax: constant('an index does not change smoothly'),
  AveragePool: convolution.averagePoolRule,
  BitCast: constant('bits do not change smoothly'),
  Cast: elementwise.castRule,
  Concat: shape.concatRule,
  Conv: convolution.convRule,
  ConvTranspose: convolution.convTransposeRule,
  Cos: elementwise.cosRule,
  DequantizeLinear: unsupported(quantized),
  Div: elementwise.divRule,
  DynamicQuantizeLinear: unsupported(quantized),
  Equal: constant('a truth value does not change smoothly'),
  Erf: elementwise.erfRule,
  Exp: elementwise.expRule,
  Expand: shape.expandRule,
  Gather: shape.gatherRule,
  Gelu: elementwise.geluRule,
  Gemm: linear.gemmRule,
  Greater: constant('a truth value does not change smoothly'),
  Identity: elementwise.identityRule,
  If: differentiateIf,
  InstanceNormalization: unsupported('graphs to be trained normalise with LayerNormalization'),
  LayerNormalization: normalization.layerNormalizationRule,
  Less: constant('a truth value does not change smoothly'),
  Log: elementwise.logRule,
  LogSoftmax: normalization.logSoftmaxRule,
  Loop: unsupported('differentiate inside its body, as a training step does'),
  MatMul: linear.matMulRule,
  MatMulInteger: unsupported(quantized),
  Max: elementwise.maxRule,
  Min: elementwise.minRule,
  Mul: elementwise.mulRule,
  Neg: elementwise.negRule,
  Pad: shape.padRule,
  Pow: elementwise.powRule,
  Reciprocal: elementwise.reciprocalRule,
  ReduceMax: reduction.reduceMaxRule,
  ReduceMean: reduction.reduceMeanRule,
  ReduceSum: reduction.reduceSumRule,
  Reshape: shape.reshapeRule,
  Resize: convolution.resizeRule,
  ScatterND: shape.scatterNdRule,
  Shape: constant('a size does not change smoothly'),
  Sigmoid: elementwise.sigmoidRule,
  Sin: elementwise.sinRule,
  Slice: shape.sliceRule,
  Softmax: normalization.softmaxRule,
  Split: shape.splitRule,
  Sqrt: elementwise.sqrtRule,
  Sub: elementwise.subRule,
  Tanh: elementwise.tanhRule,
  Transpose: shape.transposeRule,
  Where: elementwise.whereRule,
};
