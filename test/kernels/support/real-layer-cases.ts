/**
 * Random cases for convolutions and dense layers of real numbers, held to the bound of a sum rounded
 * term by term.
 */
import { elementCount } from '../../../src/ir/graph.ts';
import { type Epilogue, IDENTITY, type Pair } from '../../../src/ir/ops.ts';
import { bitTensor, evaluate, floatTensor, type KernelCase, operand, type Tensor } from './case.ts';
import {
  convShape,
  type Element,
  type LayerTypes,
  NOT_BYTES,
  packWeights,
  typesName,
} from './layer-cases.ts';
import type { Random } from './random.ts';

/**
 * A layer of real numbers. Summing K products in any order, rounding each product and sum to f32,
 * errs by less than (K + 2) 2^-24 times the sum of their sizes, which is the same layer of sizes.
 */
export function realLayerCase(
  layer: 'conv2d' | 'dense',
  types: LayerTypes,
  random: Random,
): KernelCase {
  const isDense = layer === 'dense';
  const [inChannels, outChannels] = [random.int(1, 200), random.int(1, 40)];
  const kernel: Pair = isDense ? [1, 1] : [3, 3];
  const rows = random.pick([1, random.int(2, 12)]);
  const width = random.int(1, 16);
  const x = realTensor(types.x, isDense ? [rows, inChannels] : [1, 5, width, inChannels], random);
  const wShape = isDense ? [inChannels, outChannels] : [...kernel, inChannels, outChannels];
  const w = realTensor(types.w, wShape, random);
  const offset = realTensor('f32', [outChannels], random);
  const weights = {
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    inChannels,
    outChannels,
    groups: 1,
  };
  const isLinear = types.w === 'f32';
  const constants = [0, 1].map((value) => {
    return floatTensor([outChannels], new Float32Array(outChannels).fill(value));
  });
  const operands = [...(isLinear ? [] : constants), offset];
  const epilogue: Epilogue = { kind: isLinear ? 'linear' : 'norm', activation: IDENTITY };
  const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], padValue: 0 } as const;
  const compute = (inputs: readonly Tensor[]): Tensor =>
    isDense
      ? evaluate('dense', { epilogue }, inputs)
      : evaluate('conv2d', { ...window, groups: 1, epilogue }, inputs);
  const y = compute([x, w, ...operands]);
  const sizes = compute([x, w, ...operands].map(absolute)).data;
  const terms = kernel[0] * kernel[1] * inChannels;
  const tolerance = (i: number): number => (terms + 2) * 2 ** -24 * (sizes[i] as number);
  const unpacked = types.x === 'b1' ? Math.min(rows, 24) * inChannels : undefined;
  const scratch = isDense ? unpacked : 3 * (width + 2) * inChannels;
  return {
    kernel: `${layer}_${typesName(types)}`,
    shape: isDense
      ? {
          rows,
          in_channels: inChannels,
          out_channels: outChannels,
          strip: 0,
          ...NOT_BYTES,
          activation: IDENTITY,
        }
      : convShape(x, y, kernel, window, 1, IDENTITY),
    inputs: [operand(x), packWeights(w, types, weights), ...operands.map(operand)],
    expected: y.data,
    tolerance,
    ...(scratch === undefined ? {} : { scratch: () => 4 * scratch }),
  };
}

function realTensor(element: Element, shape: readonly number[], random: Random): Tensor {
  const count = elementCount(shape);
  return element === 'b1'
    ? bitTensor(shape, random.bits(count))
    : floatTensor(shape, random.reals(count));
}

/** The sizes of numbers: bits are +1 then. */
function absolute({ type, data }: Tensor): Tensor {
  if (type.dtype === 'bit') return { type, data: new Uint8Array(data.length) };
  return { type, data: Float32Array.from(data, Math.abs) };
}
