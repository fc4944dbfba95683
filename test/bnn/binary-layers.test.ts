/** BinaryNet's layer: its parts, what it computes, and what the compiler reads of it. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BinaryLayerOptions, binaryLayers } from '../../src/bnn/index.ts';
import { Random } from '../../src/bnn/random.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { optimize } from '../../src/passes/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Other weights than those it starts from, so that norms and scales show. */
function shuffled(model: tf.LayersModel): tf.LayersModel {
  const random = new Random(5);
  const weights = model.weights.map((weight) => {
    const isVariance = weight.originalName.endsWith('variance');
    const values = Float32Array.from({ length: weight.read().size }, () =>
      isVariance ? 0.5 + random.unit() : 1.5 * random.unit() - 0.75,
    );
    return tf.tensor(values, weight.read().shape);
  });
  model.setWeights(weights);
  return model;
}

/** The graph that binarynet imports of the model's JSON and weights. */
async function graphOf(model: tf.LayersModel): Promise<Graph> {
  let graph: Promise<Graph> | undefined;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      graph = importModel({
        name: 'model.json',
        bytes: new TextEncoder().encode(JSON.stringify({ modelTopology, weightsManifest })),
        sibling: async () => new Uint8Array(weightData as ArrayBuffer),
      });
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return graph as Promise<Graph>;
}

const classNames = (layers: readonly tf.layers.Layer[]) =>
  layers.map((layer) => layer.getClassName()).join(' ');

describe('the order of its parts', () => {
  test.each<[BinaryLayerOptions, string]>([
    [{ kernelSize: 3, pool: 2 }, 'QuantConv2D MaxPooling2D BatchNormalization Activation'],
    [
      { kernelSize: 3, pool: 2, activation: 'relu' },
      'QuantConv2D BatchNormalization Activation MaxPooling2D',
    ],
    [{ activation: 'none' }, 'QuantDense BatchNormalization'],
    [{ norm: false }, 'QuantDense Activation'],
  ])('%j', (options, order) => {
    expect(classNames(binaryLayers(4, options))).toBe(order);
  });
});

test('weights are signs, and with a scale signs times the mean of magnitudes', () => {
  const outputs = (scale: 'none' | 'mean') => {
    const [layer] = binaryLayers(2, { scale, norm: false, activation: 'none', inputShape: [3] });
    const model = tf.sequential({ layers: [layer as tf.layers.Layer] });
    model.setWeights([tf.tensor2d([0.5, -0.25, -1, 0.75, 0, 0.5], [3, 2])]);
    return [...(model.predict(tf.tensor2d([[1, 2, 4]])) as tf.Tensor).dataSync()];
  };
  expect(outputs('none')).toEqual([1 - 2 + 4, -1 + 2 + 4]);
  expect(outputs('mean')).toEqual([3 * 0.5, 5 * 0.5]);
});

test('same and valid windows, strides', () => {
  const side = (options: BinaryLayerOptions) =>
    tf.sequential({ layers: binaryLayers(2, { ...options, inputShape: [9, 9, 1] }) }).outputShape;
  expect(side({ kernelSize: 3 })).toEqual([null, 9, 9, 2]);
  expect(side({ kernelSize: 3, padding: 'valid' })).toEqual([null, 7, 7, 2]);
  expect(side({ kernelSize: 3, strides: 2, pool: 2 })).toEqual([null, 2, 2, 2]);
});

describe('the compiler gives the same outputs, after writing and reading', () => {
  test.each(['bin', 'relu', 'none'] as const)('%s', async (activation) => {
    const model = shuffled(
      tf.sequential({
        layers: [
          ...binaryLayers(8, { kernelSize: 3, inputShape: [8, 8, 2], padding: 'valid' }),
          ...binaryLayers(16, { kernelSize: 3, pool: 2, scale: 'mean', activation }),
          tf.layers.flatten(),
          ...binaryLayers(5, { activation: 'none' }),
        ],
      }),
    );
    const again = await tf.models.modelFromJSON({
      modelTopology: model.toJSON(undefined, false) as unknown as Record<string, never>,
    });
    again.setWeights(model.getWeights());

    const graph = optimize(await graphOf(again));
    const random = new Random(9);
    const image = Float32Array.from({ length: 128 }, () => random.below(256));
    const expected = model.predict(tf.tensor4d(image, [1, 8, 8, 2])) as tf.Tensor;
    const [found] = new Interpreter(graph).run([image]);
    const largest = Math.max(...expected.dataSync().map(Math.abs));
    expected.dataSync().forEach((value, i) => {
      expect(Math.abs((found?.[i] as number) - value)).toBeLessThan(1e-5 * largest);
    });
  });
});
