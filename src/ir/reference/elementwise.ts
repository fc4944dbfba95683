/** Reference elementwise ops: functions of one and two arguments, batch norm, bits from floats. */
import type { BinaryFn, NodeOf } from '../ops.ts';
import { combining } from './broadcast.ts';
import { normalize, prepareActivation } from './epilogue.ts';
import { floats, type Kernel, type Site, typeAt } from './kernel.ts';

export function unary(node: NodeOf<'unary'>): Kernel {
  const apply = prepareActivation(node.attrs.unary);
  return ([x], output) => {
    floats(output).set(floats(x));
    apply(floats(output));
  };
}

export function batchNorm(node: NodeOf<'batchNorm'>, site: Site): Kernel {
  const activate = prepareActivation(node.attrs.activation);
  const channels = typeAt(site, 1).shape[0] as number;
  return ([x, mean, scale, offset], output) => {
    const y = floats(output);
    normalize(floats(x), y, channels, floats(mean), floats(scale), floats(offset));
    activate(y);
  };
}

export function binarize(_node: NodeOf<'binarize'>, site: Site): Kernel {
  const channels = typeAt(site, 1).shape[0] as number;
  return ([xData, thresholdData, directionData], output) => {
    const [x, threshold, direction] = [floats(xData), floats(thresholdData), floats(directionData)];
    for (let i = 0, c = 0; i < x.length; i++, c++) {
      if (c === channels) c = 0;
      output[i] = (x[i] as number) * (direction[c] as number) < (threshold[c] as number) ? 1 : 0;
    }
  };
}

export function unpack(): Kernel {
  return ([x], output) => {
    if (!x) throw new Error('unpack has no operand');
    for (let i = 0; i < x.length; i++) output[i] = 1 - 2 * (x[i] as number);
  };
}

const BINARY: { readonly [F in BinaryFn]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  prelu: (x, a) => (x < 0 ? a * x : x),
  pow: power,
  fmod: (a, b) => a % b,
};

/** C's: powers of 1 are 1, of whatever exponent, and those of -1 to an infinite one too. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  return base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY ? 1 : base ** exponent;
}

export function binary(node: NodeOf<'binary'>, site: Site): Kernel {
  const combine = combining(BINARY[node.attrs.fn], site);
  const activate = prepareActivation(node.attrs.activation);
  return (inputs, output) => {
    combine(inputs, output);
    activate(floats(output));
  };
}
