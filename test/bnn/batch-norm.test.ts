/** Batch normalization while training and after, against Keras'. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { BatchNormalization } from '../../src/bnn/index.ts';
import { expectSame, RECORDED } from './recorded.ts';

describe('as in Keras', () => {
  test.each(
    RECORDED.batchNorms.map((recorded) => [JSON.stringify(recorded.shape), recorded] as const),
  )('%s', (_title, { shape, config, names, start, steps }) => {
    const layer = new BatchNormalization(config);
    layer.build([...shape]);
    layer.setWeights(start.map((weight) => tf.tensor(weight as number[])));
    expect(layer.weights.map(({ originalName }) => originalName.split('/').at(-1))).toEqual(names);
    for (const { training, x, y, dy, gradients, weights } of steps) {
      const input = tf.variable(tf.tensor(x as number[]));
      const upstream = tf.tensor(dy as number[]);
      const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
      let output: tf.Tensor | undefined;
      const { grads } = tf.variableGrads(() => {
        output = tf.keep(layer.call(input, { training }));
        return tf.sum(tf.mul(output, upstream));
      }, [input, ...variables]);
      expectSame(output as tf.Tensor, y, 32);
      [input, ...variables].forEach(({ name }, i) => {
        expectSame(grads[name] as tf.Tensor, gradients[i] ?? [], 64);
      });
      layer.weights.forEach((weight, i) => {
        expectSame(weight.read(), weights[i] ?? [], 16);
      });
    }
  });
});

test('another axis is refused', () => {
  const layer = new BatchNormalization({ name: 'first', axis: 1 });
  expect(() => layer.build([null, 3, 4])).toThrow(
    'Layer "first" normalizes axis 1 of [null,3,4]. Normalize the last axis',
  );
});
