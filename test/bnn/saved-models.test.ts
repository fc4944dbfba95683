/** Keras' files: what is read and written, and what is refused with which words. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  BatchNormalization,
  QuantConv2D,
  QuantDense,
  readKerasModel,
  readKerasWeights,
  writeKerasModel,
} from '../../src/bnn/index.ts';
import { BinarynetError } from '../../src/errors.ts';
import { openHdf5 } from '../../src/formats/hdf5/file.ts';
import { importH5 } from '../../src/import/keras/h5-model.ts';
import { Random } from '../support/random.ts';
import { bytesOf, KERAS, kerasFile, type WeightShapes, weightsFile } from './keras-files.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

function valuesOf(model: tf.LayersModel): number[][] {
  return model.weights.map((weight) => [...weight.read().dataSync()]);
}

function configIn(bytes: Uint8Array): { config: { layers: { class_name: string }[] } } {
  return JSON.parse(String(openHdf5(bytes).attribute('model_config')?.[0]));
}

/** Every problem's sentence, with its layer. */
async function problemsOf(read: () => unknown): Promise<string[]> {
  const before = tf.memory().numTensors;
  try {
    await read();
  } catch (error) {
    if (!(error instanceof BinarynetError)) throw error;
    expect(tf.memory().numTensors).toBe(before);
    return error.message.split('\n');
  }
  return [];
}

function dense(name: string, units: unknown, inbound: unknown = [], more = {}) {
  const config = { name, units, use_bias: false, ...more };
  return { class_name: 'Dense', name, config, inbound_nodes: inbound };
}

function functional(layers: readonly object[], output: unknown) {
  const batch_input_shape = [null, 4];
  const input = { class_name: 'InputLayer', name: 'x', config: { name: 'x', batch_input_shape } };
  const all = [{ ...input, inbound_nodes: [] }, ...layers];
  const ends = { input_layers: [['x', 0, 0]], output_layers: [output] };
  return { class_name: 'Functional', config: { name: 'net', layers: all, ...ends } };
}

const sequential = (...layers: object[]) => ({
  class_name: 'Sequential',
  config: { name: 'net', layers },
});
const FIRST = { batch_input_shape: [null, 4] };

describe('a model made here', () => {
  test('is written with Keras’ names, and compiles', async () => {
    const start = tf.initializers.heNormal({ seed: 1 });
    const model = tf.sequential({
      name: 'net',
      layers: [
        new QuantConv2D({
          name: 'conv',
          filters: 2,
          kernelSize: 3,
          inputShape: [6, 6, 1],
          kernelInitializer: start,
          kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }),
          kernelQuantizer: 'ste_sign',
        }),
        new BatchNormalization({ name: 'norm', scale: false }),
        tf.layers.reshape({ name: 'rows', targetShape: [-1, 2] }),
      ],
    });
    const bytes = await writeKerasModel(model);
    expect(configIn(bytes).config.layers).toMatchObject([
      {
        class_name: 'QuantConv2D',
        config: {
          kernel_initializer: { class_name: 'HeNormal', config: { seed: 1 } },
          kernel_regularizer: { class_name: 'L2', config: { l2: 0.5 } },
          kernel_quantizer: 'ste_sign',
          batch_input_shape: [null, 6, 6, 1],
        },
      },
      { class_name: 'BatchNormalization', config: { scale: false, axis: -1 } },
      { class_name: 'Reshape', config: { target_shape: [-1, 2] } },
    ]);
    const weights = openHdf5(bytes).group('model_weights');
    expect(weights?.attribute('layer_names')).toEqual(['conv', 'norm', 'rows']);
    expect(weights?.group('norm')?.attribute('weight_names')).toEqual([
      'norm/beta:0',
      'norm/moving_mean:0',
      'norm/moving_variance:0',
    ]);
    expect(weights?.group('rows')?.attribute('weight_names')).toEqual([]);
    expect((await importH5(bytes, 'net')).nodes.length).toBeGreaterThan(2);
  });

  test('keeps weights beyond their constraints', async () => {
    const args = { units: 1, inputShape: [2], useBias: false, kernelConstraint: 'weight_clip' };
    const model = tf.sequential({ layers: [new QuantDense(args)] });
    (model.weights[0]?.read() as tf.Variable).assign(tf.tensor2d([3, -0.5], [2, 1]));
    expect(valuesOf(await readKerasModel(await writeKerasModel(model)))).toEqual([[3, -0.5]]);
  });

  test('whose layers are used several times, later than they are listed', async () => {
    const x = tf.input({ shape: [4] });
    const layer = () => new QuantDense({ units: 4, kernelQuantizer: 'ste_sign' });
    const [twice, between] = [layer(), layer()];
    // The first call of `twice` waits for `between`, the second one for nothing.
    const first = twice.apply(between.apply(x)) as tf.SymbolicTensor;
    const second = twice.apply(x) as tf.SymbolicTensor;
    const last = layer().apply(second) as tf.SymbolicTensor;
    const model = tf.model({ inputs: x, outputs: [first, last] });
    const again = await readKerasModel(await writeKerasModel(model));
    const images = tf.randomNormal([3, 4], 0, 1, 'float32', 5);
    const outputs = (of: tf.LayersModel) =>
      (of.predict(images) as tf.Tensor[]).map((each) => [...each.dataSync()]);
    expect(outputs(again)).toEqual(outputs(model));
  });

  test('with more configuration than an object header of HDF5 holds', async () => {
    const layers = Array.from({ length: 200 }, (_, i) =>
      tf.layers.dense({ units: 1, ...(i === 0 ? { inputShape: [1] } : {}) }),
    );
    const model = tf.sequential({ layers });
    const bytes = await writeKerasModel(model);
    expect(JSON.stringify(configIn(bytes)).length).toBeGreaterThan(2 ** 16);
    const again = await readKerasModel(bytes);
    expect(valuesOf(again)).toEqual(valuesOf(model));
  });
});

describe('weights alone', () => {
  const model = () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 2, inputShape: [4], name: 'a', useBias: false }),
        tf.layers.dense({ units: 2, name: 'b', useBias: false }),
      ],
    });
  const weights = (one: string, other: string, shape = [2, 2]): WeightShapes => ({
    [one]: { [`${one}/kernel:0`]: [4, 2] },
    [other]: { 'k/kernel:0': shape },
  });

  test.each([
    ['of their names', 'a', 'b'],
    ['in order, where names differ', 'dense', 'dense_1'],
  ])('go to layers %s', async (_title, one, other) => {
    const stored = weights(one, other);
    for (const bytes of [await weightsFile(stored), await kerasFile({}, stored)]) {
      const given = model();
      readKerasWeights(given, bytes);
      expect(valuesOf(given)[0]).toEqual([0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]);
      expect(valuesOf(given)[1]).toEqual([0, 0.125, 0.25, 0.375]);
    }
  });

  test('are no model', async () => {
    const bytes = await weightsFile(weights('a', 'b'));
    const [problem] = await problemsOf(() => readKerasModel(bytes));
    expect(problem).toContain('or read weights with readKerasWeights.');
  });

  test('change nothing when one does not fit', async () => {
    const given = model();
    const before = valuesOf(given);
    const bytes = await weightsFile(weights('a', 'b', [2, 3]));
    expect(await problemsOf(() => readKerasWeights(given, bytes))).toEqual([
      'Dense "b": The file has kernel [2, 3], where kernel [2, 2] are expected.',
    ]);
    expect(valuesOf(given)).toEqual(before);
  });
});

describe('refused', () => {
  const refusals: readonly (readonly [string, object, readonly string[]])[] = [
    [
      'layers, all at once',
      sequential(
        { class_name: 'Lambda', config: { name: 'by_hand' } },
        { class_name: 'Larq>QuantSeparableConv2D', config: { name: 'separable' } },
        {
          class_name: 'QuantDense',
          config: { name: 'tern', units: 1, kernel_quantizer: 'ste_tern' },
        },
        { class_name: 'QuantConv2D', config: { name: 'g', filters: 2, kernel_size: 1, groups: 2 } },
        dense('half', 1, [], {
          dtype: { class_name: 'Policy', config: { name: 'mixed_float16' } },
        }),
      ),
      [
        'Lambda "by_hand": Neither TensorFlow.js nor binarynet/bnn has such a layer.',
        'QuantSeparableConv2D "separable": Neither',
        'QuantDense "tern": There is no quantizer "steTern".',
        'QuantConv2D "g": TensorFlow.js does not compute groups = 2.',
        'Dense "half": It computes in "mixed_float16".',
      ],
    ],
    [
      'options that TensorFlow.js has, but computes otherwise',
      sequential({
        class_name: 'UpSampling2D',
        config: { name: 'up', interpolation: 'bilinear' },
      }),
      ['UpSampling2D "up": TensorFlow.js does not compute interpolation = "bilinear".'],
    ],
    [
      'arguments of calls',
      functional([dense('a', 1, [[['x', 0, 0, { training: false }]]])], ['a', 0, 0]),
      ['Dense "a": TensorFlow.js does not compute training = false.'],
    ],
    [
      'a layer that reads itself',
      functional([dense('a', 4, [[['a', 0, 0, {}]]])], ['a', 0, 0]),
      ['Layer "a" of the model "net" reads what no layer makes.'],
    ],
    [
      'outputs that are not there',
      functional([dense('a', 4, [[['x', 0, 0, {}]]])], ['a', 1, 0]),
      ['The model "net" has no "a" (output_layers).'],
    ],
    [
      'sizes beyond the file’s weights',
      sequential(dense('a', 2 ** 40, [], FIRST)),
      ['Dense "a": It has units = [1099511627776], but the file only 8 weights in all.'],
    ],
    [
      'weights of another shape',
      sequential(dense('a', 3, [], FIRST)),
      ['Dense "a": The file has kernel [4, 2], where kernel [4, 3] are expected.'],
    ],
    [
      'a model of its own class',
      { class_name: 'MyNet', config: {} },
      ['The model is of the class "MyNet"'],
    ],
    ['no layers', { class_name: 'Sequential', config: {} }, ['lists no layers']],
  ];

  test.each(refusals)('%s', async (_title, config, expected) => {
    const bytes = await kerasFile(config, { a: { 'a/kernel:0': [4, 2] } });
    const found = await problemsOf(() => readKerasModel(bytes));
    expect(found.length).toBe(expected.length);
    for (const [i, words] of expected.entries()) expect(found[i]).toContain(words);
  });

  test('other files', async () => {
    const keras3 = await kerasFile(sequential(), {}, '3.5.0');
    const noText = bytesOf('larq/dense1.json', KERAS);
    const [number3, text] = [() => readKerasModel(keras3), () => readKerasModel(noText)];
    expect(await problemsOf(number3)).toEqual([expect.stringContaining('written by Keras 3.5.0')]);
    expect(await problemsOf(text)).toEqual([expect.stringContaining('It is no HDF5 file.')]);
  });

  test('damaged files, or read', async () => {
    const whole = bytesOf('sequential.here.h5');
    const random = new Random(7);
    for (let i = 0; i < 60; i++) {
      const damaged = whole.slice(0, i % 2 ? whole.length : random.integer(0, whole.length - 1));
      for (let flips = 0; flips < 8 && i % 2; flips++) {
        damaged[random.integer(0, whole.length - 1)] = random.integer(0, 255);
      }
      // Throws for anything but a problem of the file.
      const found = await problemsOf(async () => (await readKerasModel(damaged)).dispose());
      if (i % 2 === 0) expect(found.length).toBeGreaterThan(0);
    }
  });
});
