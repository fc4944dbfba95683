/** Small graphs with seeded weights, for tests that need some network and don't care which. */
import { GraphBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';

/** Seeded numbers: multiples of 1/64 in [-1, 1). */
export function sixtyFourths(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) % 128) / 64 - 1;
  };
}

const WINDOW = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], padValue: 0 } as const;

/**
 * As an importer gives it: float convolution, batch norm, sign, binary convolution, batch norm,
 * [1, 6, 6, 3] to [1, 6, 6, 5].
 */
export function smallBinaryNet(seed = 1): Graph {
  const random = sixtyFourths(seed);
  const builder = new GraphBuilder();
  const floats = (name: string, shape: readonly number[]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return builder.constant(name, shape, Float32Array.from({ length }, random));
  };
  const signs = (name: string, shape: readonly number[]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, () => (random() < 0 ? -1 : 1));
    return builder.constant(name, shape, data);
  };
  const linear = { kind: 'linear', activation: { fn: 'identity' } } as const;
  const conv = { ...WINDOW, groups: 1, epilogue: linear };
  const norm = (x: number, channels: number, name: string) => {
    const operands = ['mean', 'scale', 'offset'].map((part) =>
      floats(`${name}/${part}`, [channels]),
    );
    const from = { name, sourceOp: 'BatchNormalization' };
    return builder.add('batchNorm', { activation: { fn: 'identity' } }, [x, ...operands], from);
  };
  let x = builder.input('image', { dtype: 'f32', shape: [1, 6, 6, 3] });
  const first = [x, floats('w1', [3, 3, 3, 34]), floats('b1', [34])];
  x = builder.add('conv2d', conv, first, { name: 'conv1', sourceOp: 'Conv2D' });
  x = norm(x, 34, 'norm1');
  x = builder.add('unary', { unary: { fn: 'sign' } }, [x], { name: 'sign', sourceOp: 'ste_sign' });
  const second = [x, signs('w2', [3, 3, 34, 5]), floats('b2', [5])];
  x = builder.add('conv2d', conv, second, { name: 'conv2', sourceOp: 'QuantConv2D' });
  x = norm(x, 5, 'norm2');
  return builder.finish('small', [x]);
}
