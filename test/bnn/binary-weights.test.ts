/** Which variables of a model are trained how. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import {
  bopKernels,
  glorotScale,
  glorotScales,
  QuantConv2D,
  QuantDense,
} from '../../src/bnn/index.ts';

const flips = { className: 'NoOp', config: { precision: 1 } } as const;
const model = tf.sequential({
  layers: [
    new QuantConv2D({ filters: 4, kernelSize: 3, kernelQuantizer: flips, inputShape: [5, 5, 2] }),
    tf.layers.flatten(),
    new QuantDense({ units: 6, kernelQuantizer: 'ste_sign' }),
    new QuantDense({ units: 3 }),
    tf.layers.dense({ units: 2 }),
  ],
});
const names = model.weights.map(({ name }) => name);
const nested = tf.sequential({ layers: [model] });

test('a kernel is scaled by what goes into it and comes out of it', () => {
  expect(glorotScale([3, 3, 2, 4])).toBeCloseTo(Math.sqrt(54 / 1.5), 6);
  expect(glorotScale([10, 6])).toBeCloseTo(Math.sqrt(16 / 1.5), 6);
});

test.each([
  ['a model', model],
  ['a model in a model', nested],
])('quantized kernels of %s', (_title, whole) => {
  const scaleOf = glorotScales(whole);
  const isBop = bopKernels(whole);
  expect(names.map((name) => Number(scaleOf(name).toFixed(3)))).toEqual([
    6,
    1,
    Number(glorotScale([36, 6]).toFixed(3)),
    1,
    1,
    1,
    1,
    1,
  ]);
  expect(names.filter(isBop)).toEqual([names[0]]);
});
