/** Steps of optimizers, against TensorFlow's and Larq's; and that they go on where they stopped. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  Adam,
  Bop,
  CaseOptimizer,
  glorotScale,
  type SteppedOptimizer,
} from '../../src/bnn/index.ts';
import { expectSame, RECORDED } from './recorded.ts';

const MADE: Readonly<Record<string, (options: never, shape: number[]) => SteppedOptimizer>> = {
  adam: (options) => new Adam(options),
  binarynet: (options: object, shape) => {
    return new Adam({ ...options, scaleOf: () => glorotScale(shape) });
  },
  bop: (options) => new Bop(options),
};

describe('as recorded', () => {
  test.each(RECORDED.optimizers)('$name', ({ name, options, start, gradients, weights }) => {
    const variable = tf.variable(tf.tensor(start as number[]));
    const optimizer = MADE[name]?.(options as never, variable.shape) as SteppedOptimizer;
    gradients.forEach((gradient, step) => {
      optimizer.applyGradients({ [variable.name]: tf.tensor(gradient as number[]) });
      if (name === 'binarynet') variable.assign(tf.clipByValue(variable, -1, 1));
      expectSame(variable, weights[step] ?? [], 16);
    });
    expect(gradients.length).toBe(6);
  });
});

test('an optimizer goes on where it stopped, to the bit', async () => {
  const values = [1, -0.5, 0.25];
  const gradient = (step: number) => tf.tensor([0.1 * step, -0.3, 0.02]);
  const make = () => new CaseOptimizer([[(name) => name.includes('bop'), new Bop()]], new Adam());
  const run = (optimizer: tf.Optimizer, variables: tf.Variable[], from: number, to: number) => {
    for (let step = from; step < to; step++) {
      optimizer.applyGradients(variables.map(({ name }) => ({ name, tensor: gradient(step) })));
    }
  };
  const named = (run: string) =>
    ['bop', 'latent'].map((kind) => tf.variable(tf.tensor(values), true, `${kind}/${run}`));

  const whole = make();
  const straight = named('straight');
  run(whole, straight, 1, 8);

  const first = make();
  const stopped = named('stopped');
  run(first, stopped, 1, 4);
  const second = make();
  await second.setWeights(await first.getWeights());
  run(second, stopped, 4, 8);
  expect(stopped.map((variable) => [...variable.dataSync()])).toEqual(
    straight.map((variable) => [...variable.dataSync()]),
  );
  expect(straight[1]?.dataSync()[0]).not.toBe(1);
});

test('a learning rate is that of the optimizers that have one', () => {
  const adam = new Adam({ learningRate: 0.5 });
  const both = new CaseOptimizer([[() => false, new Bop()]], adam);
  expect(both.learningRate).toBe(0.5);
  both.learningRate = 0.25;
  expect(adam.learningRate).toBe(0.25);
});
