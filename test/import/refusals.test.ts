/** Models that can't be exported: all layers are named at once, with what to do instead. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/import/index.ts';
import type { ModelSource } from '../../src/import/source.ts';
import {
  importMemory,
  input,
  jsonSource,
  layer,
  node,
  problemsOf,
} from '../support/memory-model.ts';

const FIXTURES = new URL('../fixtures/keras/', import.meta.url);

function bytesSource(name: string, bytes: Uint8Array): ModelSource {
  return { name, bytes, sibling: () => Promise.reject(new Error('nothing is beside it')) };
}

describe('layers', () => {
  test('all that are unknown are listed, nested ones and those behind them too', async () => {
    const inner = {
      class_name: 'Sequential',
      config: { name: 'inner', layers: [input('i', 4, 4, 3), layer('Mystery', 'hidden')] },
    };
    const problems = await problemsOf(
      importMemory({
        layers: [
          input('x', 4, 4, 3),
          layer('MultiHeadAttention', 'attention'),
          inner,
          layer('Conv2D', 'conv', { kernel_size: [3, 3], filters: -2 }),
          layer('Conv3D', 'volume'),
        ],
      }),
    );
    expect(problems.map(({ code, node: at }) => [code, at?.name, at?.op])).toEqual([
      ['unsupported', 'attention', 'MultiHeadAttention'],
      ['unsupported', 'inner/hidden', 'Mystery'],
      ['unsupported', 'volume', 'Conv3D'],
    ]);
    for (const problem of problems) expect(problem.fix).toBeTruthy();
  });

  test('a shared layer is listed once', async () => {
    const problems = await problemsOf(
      importMemory({
        layers: [
          node('InputLayer', 'x', [], { batch_input_shape: [null, 3] }),
          node('Mystery', 'm', [[['x', 0, 0, {}]], [['x', 0, 0, {}]]]),
        ],
        inputs: [['x', 0, 0]],
        outputs: [
          ['m', 0, 0],
          ['m', 1, 0],
        ],
      }),
    );
    expect(problems).toHaveLength(1);
  });

  test.each([
    ['Lambda', { function: ['4wEAAA==', null, null] }],
    ['TFOpLambda', { function: 'math.sign' }],
    ['SlicingOpLambda', { function: '__operators__.getitem' }],
    ['Activation', { activation: '<lambda>' }],
  ])('%s gets the advice for binary networks', async (className, config) => {
    const layers = [input('x', 3), layer(className, 'binarize', config)];
    const [problem] = await problemsOf(importMemory({ layers }));
    expect(problem).toMatchObject({ code: 'unsupported', node: { name: 'binarize' } });
    expect(problem?.fix).toContain('input_quantizer="ste_sign"');
    expect(problem?.fix).toContain('QuantConv2D');
  });

  test.each([
    ['LSTM', { units: 2, stateful: true }, 'stateful=False'],
    ['GRU', { units: 2, return_state: true }, 'return_state=False'],
    ['SimpleRNN', { units: 2, time_major: true }, 'time_major=False'],
    ['Masking', { mask_value: 0 }, 'Masking'],
    ['TimeDistributed', { layer: layer('Conv2D', 'c') }, 'reshaped'],
    ['Bidirectional', { layer: layer('ConvLSTM2D', 'c') }, 'LSTM'],
    ['Activation', { activation: 'my_function' }, 'standard activation'],
    ['BatchNormalization', { axis: [1, 2] }, 'single axis'],
    ['UpSampling1D', { size: 2, interpolation: 'bicubic' }, 'bilinear'],
    ['RNN', { cell: {} }, 'LSTM'],
  ])('%s with %j says what to use', async (className, config, fix) => {
    const layers = [input('x', 4, 6), layer(className, 'it', config)];
    const [problem] = await problemsOf(importMemory({ layers }));
    expect(problem).toMatchObject({ code: 'unsupported', node: { name: 'it', op: className } });
    expect(problem?.fix).toContain(fix);
  });

  test('a mask is refused only where a layer reads it', async () => {
    const layers = (last: object) => ({
      layers: [
        layer('Embedding', 'words', {
          input_dim: 5,
          output_dim: 2,
          mask_zero: true,
          batch_input_shape: [null, 4],
        }),
        last,
      ],
      weights: [{ name: 'words/embeddings', shape: [5, 2] }],
    });
    const recurrent = layer('SimpleRNN', 'rnn', { units: 2 });
    const problems = await problemsOf(importMemory(layers(recurrent)));
    expect(problems.map(({ node: at }) => at?.name)).toContain('words');
    const graph = await importMemory(layers(layer('Flatten', 'flat')));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['gather', 'reshape']);
  });

  test('training=True is refused where Keras 2 keeps it, and ignored where Keras 3 does', async () => {
    const model = (kerasVersion: string, inbound: unknown) => ({
      layers: [
        node('InputLayer', 'x', [], { batch_input_shape: [null, 3] }),
        node('Dropout', 'drop', inbound),
      ],
      inputs: [['x', 0, 0]],
      outputs: [['drop', 0, 0]],
      kerasVersion,
    });
    const keras2 = model('2.15.0', [[['x', 0, 0, { training: true }]]]);
    expect(await problemsOf(importMemory(keras2))).toMatchObject([{ code: 'unsupported' }]);
    const tensor = { class_name: '__keras_tensor__', config: { keras_history: ['x', 0, 0] } };
    const keras3 = model('3.5.0', [{ args: [tensor], kwargs: { training: true } }]);
    expect((await importMemory(keras3)).nodes).toEqual([]);
  });
});

describe('files', () => {
  test.each([
    ['model.tflite', [0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33], 'TFLite'],
    ['renamed.h5', [0x20, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33], 'TFLite'],
    ['saved_model.pb', [0x08, 0x01, 0x12, 0x80], 'SavedModel'],
  ])('%s is recognised', async (name, bytes, what) => {
    const [problem] = await problemsOf(importModel(bytesSource(name, Uint8Array.from(bytes))));
    expect(problem).toMatchObject({ code: 'unknown-format', file: name });
    expect(problem?.found).toContain(what);
    expect(problem?.found).toContain('not read yet');
  });

  test.each([
    ['net.onnx', [0x12, 0x07]],
    ['net.bin', [0x08, 0x09, 0x12, 0x07]],
  ])('%s is a damaged ONNX model', async (name, bytes) => {
    const [problem] = await problemsOf(importModel(bytesSource(name, Uint8Array.from(bytes))));
    expect(problem).toMatchObject({ code: 'unknown-format', file: name });
    expect(problem?.found).toContain('only the beginning');
  });

  test.each([
    ['empty', []],
    ['text', [...new TextEncoder().encode('hello, world')]],
    ['zip', [...new TextEncoder().encode('PK\x05\x06'), ...new Array(18).fill(0)]],
    ['json', [...new TextEncoder().encode('  {"a": 1}')]],
  ])('%s is no model, and the message lists what is read', async (name, bytes) => {
    const [problem] = await problemsOf(importModel(bytesSource(name, Uint8Array.from(bytes))));
    expect(problem?.code).toBe('unknown-format');
    expect(problem?.fix).toMatch(/\.h5/);
    expect(problem?.fix).toMatch(/\.keras/);
  });

  test('weights without a model say to save the whole model', async () => {
    const { unzipSync } = await import('fflate');
    const archive = new Uint8Array(readFileSync(new URL('keras3/dense.keras', FIXTURES)));
    const weights = unzipSync(archive)['model.weights.h5'] as Uint8Array;
    const [problem] = await problemsOf(importModel(bytesSource('m.weights.h5', weights)));
    expect(problem).toMatchObject({ code: 'unsupported', file: 'm.weights.h5' });
    expect(problem?.fix).toContain('model.save(');
  });

  test('a TensorFlow.js graph model, and a topology alone, are told apart', async () => {
    const graph = { format: 'graph-model', modelTopology: { node: [] }, weightsManifest: [] };
    const [first] = await problemsOf(importModel(jsonSource(graph, new Map())));
    expect(first?.found).toContain('graph model');
    const alone = { modelTopology: { class_name: 'Sequential', config: [] } };
    const [second] = await problemsOf(importModel(jsonSource(alone, new Map())));
    expect(second?.found).toContain('lists no weights');
  });
});
