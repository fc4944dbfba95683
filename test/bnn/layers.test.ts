/** Quantized layers: outputs, gradients and names against Larq's; configuration there and back. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  Adam,
  applyConstraints,
  BatchNormalization,
  QuantConv2D,
  QuantDense,
  QuantDepthwiseConv2D,
  WeightClip,
} from '../../src/bnn/index.ts';
import { expectSame, flat, RECORDED } from './recorded.ts';

const CLASSES = { QuantConv2D, QuantDense, QuantDepthwiseConv2D };

describe('as in Larq', () => {
  test.each(
    RECORDED.layers.map((recorded, i) => [`${i} ${recorded.className}`, recorded] as const),
  )('%s', (_title, { className, config, x, weights, names, y, dy, gradients }) => {
    const layer = new CLASSES[className](config as never) as tf.layers.Layer;
    const input = tf.tensor(x as number[]);
    layer.build(input.shape);
    layer.setWeights(weights.map((weight) => tf.tensor(weight as number[])));
    expect(layer.weights.map(({ originalName }) => originalName.split('/').at(-1))).toEqual(names);
    expectSame(layer.apply(input) as tf.Tensor, y);
    expect(layer.computeOutputShape(input.shape)).toEqual(tf.tensor(y as number[]).shape);

    const variables = layer.weights.map((weight) => weight.read() as tf.Variable);
    const upstream = tf.tensor(dy as number[]);
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(layer.apply(input) as tf.Tensor, upstream)),
      variables,
    );
    const toInput = tf.grad((each: tf.Tensor) => layer.apply(each) as tf.Tensor);
    expectSame(toInput(input, upstream), gradients[0] ?? [], 32);
    variables.forEach(({ name }, i) => {
      expectSame(grads[name] as tf.Tensor, gradients[i + 1] ?? [], 32);
    });
    expect(flat(dy).some((each) => each !== 0)).toBe(true);
  });
});

function smallModel(): tf.LayersModel {
  const start = tf.initializers.glorotUniform({ seed: 5 });
  const binary = {
    kernelQuantizer: 'ste_sign',
    kernelConstraint: 'weightClip',
    kernelInitializer: start,
  } as const;
  const model = tf.sequential();
  model.add(new QuantConv2D({ ...binary, inputShape: [6, 6, 1], filters: 4, kernelSize: 3 }));
  model.add(new BatchNormalization({ scale: false }));
  model.add(
    new QuantDepthwiseConv2D({
      inputQuantizer: { className: 'SteSign', config: { clipValue: 2 } },
      depthwiseQuantizer: 'ste_sign',
      depthwiseInitializer: start,
      depthwiseConstraint: new WeightClip({ clipValue: 0.5 }),
      kernelSize: 2,
      padding: 'same',
      padValues: 1,
    }),
  );
  model.add(tf.layers.flatten());
  model.add(new QuantDense({ ...binary, units: 3, inputQuantizer: 'approx_sign', useBias: false }));
  return model;
}

describe('a model', () => {
  test('is written as Larq writes it', () => {
    const { config } = smallModel().toJSON(undefined, false) as unknown as {
      config: { layers: { class_name: string; config: Record<string, unknown> }[] };
    };
    expect(config.layers.map(({ class_name }) => class_name)).toEqual([
      'QuantConv2D',
      'BatchNormalization',
      'QuantDepthwiseConv2D',
      'Flatten',
      'QuantDense',
    ]);
    expect(config.layers[2]?.config).toMatchObject({
      input_quantizer: { class_name: 'SteSign', config: { clip_value: 2 } },
      depthwise_quantizer: 'ste_sign',
      depthwise_constraint: { class_name: 'WeightClip', config: { clip_value: 0.5 } },
      pad_values: 1,
      data_format: 'channels_last',
    });
  });

  test('is read again', async () => {
    const model = smallModel();
    const x = tf.randomNormal([2, 6, 6, 1], 0, 1, 'float32', 3);
    const saved: tf.io.ModelArtifacts[] = [];
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved.push(artifacts);
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved[0] as tf.io.ModelArtifacts));
    const expected = [...(model.predict(x) as tf.Tensor).dataSync()];
    expect([...(again.predict(x) as tf.Tensor).dataSync()]).toEqual(expected);
    expect(again.toJSON(undefined, true)).toEqual(model.toJSON(undefined, true));
  });

  test('learns, its kernels held to their constraints', () => {
    const model = smallModel();
    const x = tf.randomNormal([8, 6, 6, 1], 0, 1, 'float32', 1);
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3);
    const optimizer = new Adam({ learningRate: 0.1 });
    const outputs = () => model.apply(x, { training: true }) as tf.Tensor;
    const loss = () => tf.losses.softmaxCrossEntropy(labels, outputs());
    const first = (loss() as tf.Scalar).dataSync()[0] as number;
    for (let step = 0; step < 30; step++) {
      optimizer.minimize(() => loss() as tf.Scalar);
      applyConstraints(model);
    }
    expect((loss() as tf.Scalar).dataSync()[0]).toBeLessThan(first);
    const largest = model.weights
      .filter(({ name }) => name.includes('kernel'))
      .map((weight) => tf.max(tf.abs(weight.read())).dataSync()[0]);
    expect(largest).toEqual([1, 0.5, 1]);
  });
});

test('channels that come first are refused', () => {
  const args = { name: 'first', filters: 1, kernelSize: 1, dataFormat: 'channelsFirst' };
  expect(() => new QuantConv2D(args as never)).toThrow('Layer "first" has its channels first.');
});
