/** Models with signs in a byte each: TensorFlow.js and the importer read what was trained. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, test } from 'vitest';
import {
  BatchNormalization,
  compactModel,
  QuantConv2D,
  QuantDense,
  QuantDepthwiseConv2D,
} from '../../src/bnn/index.ts';
import { importModel } from '../../src/import/index.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';

afterAll(async () => {
  await tf.setBackend('cpu');
});

/** Signed, scaled and float kernels, with weights that are not ±1. */
function makeModel(): tf.LayersModel {
  const start = (seed: number) => tf.initializers.randomUniform({ minval: -1, maxval: 1, seed });
  const norm = () => new BatchNormalization({ betaInitializer: start(9), scale: false });
  return tf.sequential({
    layers: [
      new QuantConv2D({
        filters: 5,
        kernelSize: 3,
        kernelQuantizer: 'ste_sign',
        kernelInitializer: start(1),
        inputShape: [6, 6, 2],
      }),
      norm(),
      new QuantDepthwiseConv2D({
        kernelSize: 2,
        inputQuantizer: 'ste_sign',
        depthwiseQuantizer: { className: 'ApproxSign' },
        depthwiseInitializer: start(2),
      }),
      norm(),
      tf.layers.flatten(),
      new QuantDense({
        units: 8,
        inputQuantizer: 'ste_sign',
        kernelQuantizer: 'magnitude_aware_sign',
        kernelInitializer: start(3),
      }),
      tf.layers.dense({ units: 3 }),
    ],
  });
}

test.each([
  ['signs', false],
  ['latent weights', true],
])('the same outputs, of fewer bytes: %s', async (_name, latent) => {
  await tf.setBackend('cpu');
  const model = makeModel();
  const { modelJson, weights } = await compactModel(model, { latent });
  const { weightsManifest, modelTopology } = JSON.parse(modelJson);
  const signed = 3 * 3 * 2 * 5 + 2 * 2 * 5;
  expect(weights.length).toBe(4 * model.countParams() - 3 * signed);

  const x = tf.randomUniform([4, 6, 6, 2], -2, 2, 'float32', 5);
  const expected = (model.predict(x) as tf.Tensor).dataSync();
  const weightSpecs = weightsManifest[0].weights;
  const weightData = weights.buffer as ArrayBuffer;
  const handler = tf.io.fromMemory({ modelTopology, weightSpecs, weightData });
  const loaded = await tf.loadLayersModel(handler);
  expect([...(loaded.predict(x) as tf.Tensor).dataSync()]).toEqual([...expected]);
  if (latent) expectLatentWeights(loaded, model);

  const bytes = new TextEncoder().encode(modelJson);
  const source = { name: 'model.json', bytes, sibling: async () => weights };
  const interpreter = new Interpreter(await importModel(source));
  const images = x.dataSync() as Float32Array;
  for (let image = 0; image < 4; image++) {
    const [output] = interpreter.run([images.slice(72 * image, 72 * (image + 1))]);
    [...(output as Float32Array)].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[3 * image + i] as number, 4);
    });
  }
});

/** Those of the first kernel, to half of an 8-bit step, or a whole one next to 0. */
function expectLatentWeights(loaded: tf.LayersModel, model: tf.LayersModel): void {
  const [found, kernel] = [loaded, model].map((each) => each.weights[0]?.read().dataSync());
  (kernel as Float32Array).forEach((value, i) => {
    expect(Math.abs((found?.[i] as number) - value)).toBeLessThan(1 / 255 + 1e-6);
  });
}
