/**
 * What layers become: source-stage nodes, with a bias always there and activations apart. What they
 * compute is tested on recorded models; here it is how they are put.
 */
import { describe, expect, test } from 'vitest';
import { printGraph } from '../../src/ir/print.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { importMemory, input, layer, type MemoryWeight } from '../support/memory-model.ts';

/** The printed graph of one layer, without the input, the names and the result. */
async function nodesOf(
  shape: readonly number[],
  className: string,
  config: object,
  weights: readonly MemoryWeight[] = [],
  kerasVersion = '2.15.0',
): Promise<string[]> {
  const layers = [input('x', ...shape), layer(className, 'it', config)];
  const graph = await importMemory({ layers, weights, kerasVersion });
  verifyGraph(graph, 'source');
  const lines = printGraph(graph).trim().split('\n').slice(1, -1);
  return lines.map((line) => line.replace(/ {2}# it$/, ''));
}

describe('dense and convolution', () => {
  test('a missing bias is zeros, an activation is a node', async () => {
    const weights = [{ name: 'it/kernel', shape: [2, 3] }];
    const config = { units: 3, use_bias: false, activation: 'relu' };
    expect(await nodesOf([2], 'Dense', config, weights)).toEqual([
      '%1 = dense(%0, w: f32[2,3]{0.0625, 0.125, 0.1875, 0.25, 0.3125, 0.375}, bias: f32[3]{all 0}) -> f32[1,3]',
      '%2 = unary(%1) unary=relu -> f32[1,3]',
    ]);
  });

  test('Larq: quantized input and kernel, and padding with ones as a node', async () => {
    const weights = [{ name: 'it/kernel', shape: [3, 3, 1, 2], data: minusAndPlus(18) }];
    const quantized = {
      filters: 2,
      kernel_size: [3, 3],
      padding: 'same',
      use_bias: false,
      input_quantizer: 'ste_sign',
      kernel_quantizer: { class_name: 'Larq>SteSign', config: { clip_value: 1 } },
    };
    const ones = await nodesOf([4, 4, 1], 'QuantConv2D', { ...quantized, pad_values: 1 }, weights);
    expect(ones.map((line) => line.split(' ->')[0])).toEqual([
      '%1 = unary(%0) unary=sign',
      '%2 = pad(%1) before=[0,1,1,0] after=[0,1,1,0] value=1',
      '%3 = conv2d(%2, w: f32[3,3,1,2], bias: f32[2]{all 0})',
    ]);
    const zeros = await nodesOf([4, 4, 1], 'QuantConv2D', { ...quantized, pad_values: 0 }, weights);
    expect(zeros).toHaveLength(2);
    expect(zeros[1]).toContain('pads=1');
  });

  test('channels first is transposed in and out', async () => {
    const weights = [
      { name: 'it/kernel', shape: [1, 1, 3, 2] },
      { name: 'it/bias', shape: [2] },
    ];
    const config = { filters: 2, kernel_size: 1, data_format: 'channels_first' };
    const lines = await nodesOf([3, 4, 5], 'Conv2D', config, weights);
    expect(lines.map((line) => line.replace(/\(.*\)/, ''))).toEqual([
      '%1 = transpose perm=[0,2,3,1] -> f32[1,4,5,3]',
      '%2 = conv2d -> f32[1,4,5,2]',
      '%3 = transpose perm=[0,3,1,2] -> f32[1,2,4,5]',
    ]);
  });

  test('a causal sequence is an image of height 1, padded in front', async () => {
    const weights = [
      { name: 'it/kernel', shape: [3, 2, 4] },
      { name: 'it/bias', shape: [4] },
    ];
    const config = { filters: 4, kernel_size: [3], dilation_rate: [2], padding: 'causal' };
    const lines = await nodesOf([6, 2], 'Conv1D', config, weights);
    expect(lines.map((line) => line.replace(/\(.*\)/, ''))).toEqual([
      '%1 = reshape shape=[1,1,6,2] -> f32[1,1,6,2]',
      '%2 = conv2d dilations=[1,2] pads=[0,4,0,0] -> f32[1,1,6,4]',
      '%3 = reshape shape=[1,6,4] -> f32[1,6,4]',
    ]);
  });
});

/** +0.5 and -0.5 in turns. */
function minusAndPlus(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i % 2 ? -0.5 : 0.5));
}

describe('kernel quantizers', () => {
  const kernel = async (quantizer: unknown, data: readonly number[]): Promise<number[]> => {
    const layers = [
      input('x', data.length / 2),
      layer('QuantDense', 'it', { units: 2, use_bias: false, kernel_quantizer: quantizer }),
    ];
    const weights = [{ name: 'it/kernel', shape: [data.length / 2, 2], data }];
    const graph = await importMemory({ layers, weights });
    const found = [...graph.values.values()].find(({ name }) => name === 'it/kernel');
    return Array.from(found?.data ?? []);
  };

  test.each([
    'ste_sign',
    'SteSign',
    'approx_sign',
    'swish_sign',
    'Larq>SwishSign',
  ])('%s', async (name) => {
    expect(await kernel({ class_name: name, config: {} }, [-0.5, 0, -0, 1e-30])).toEqual([
      -1, 1, 1, 1,
    ]);
  });

  test('magnitude_aware_sign scales each channel by its mean magnitude', async () => {
    const data = [0.5, -1, -1.5, 3];
    expect(await kernel('magnitude_aware_sign', data)).toEqual([1, -2, -1, 2]);
  });

  test("Larq Zoo's: one scale per layer, or per channel after clipping", async () => {
    const data = [0.5, -1, -1.5, 3];
    expect(await kernel('magnitude_aware_sign_unclipped', data)).toEqual([1.5, -1.5, -1.5, 1.5]);
    expect(await kernel('xnor_weight_scale', data)).toEqual([0.75, -1, -0.75, 1]);
  });

  test('ste_heaviside is 1 above 0', async () => {
    expect(await kernel('ste_heaviside', [0.5, 0, -1, 1e-30])).toEqual([1, 0, 0, 1]);
  });

  test('ste_tern with a threshold, and with one from the weights', async () => {
    const fixed = { class_name: 'SteTern', config: { threshold_value: 0.25 } };
    expect(await kernel(fixed, [0.5, 0.2, -0.2, -0.5])).toEqual([1, 0, 0, -1]);
    const own = { class_name: 'SteTern', config: { ternary_weight_networks: true } };
    // The threshold is 0.7 times the mean magnitude, 0.7.
    expect(await kernel(own, [1, 0.6, -0.75, -1.65])).toEqual([1, 0, -1, -1]);
  });

  test('DoReFa for weights', async () => {
    const quantizer = { class_name: 'DoReFa', config: { k_bit: 1, mode: 'weights' } };
    expect(await kernel(quantizer, [0.5, -0.5, 2, -0.1])).toEqual([1, -1, 1, -1]);
  });

  test('NoOp and none leave the kernel', async () => {
    const data = [0.5, -0.25, 2, 1];
    expect(await kernel(null, data)).toEqual(data);
    expect(await kernel({ class_name: 'NoOp', config: { precision: 1 } }, data)).toEqual(data);
  });
});

describe('activations', () => {
  const only = async (activation: unknown, kerasVersion = '2.15.0') => {
    const lines = await nodesOf([4], 'Activation', { activation }, [], kerasVersion);
    return lines.map((line) => line.replace(/^%\d+ = | -> .*/g, ''));
  };

  test('hard_sigmoid is another function in Keras 3', async () => {
    expect(await only('hard_sigmoid')).toEqual(['unary(%0) unary=hardSigmoid(alpha=0.2,beta=0.5)']);
    expect((await only('hard_sigmoid', '3.5.0'))[0]).toContain('alpha=0.16666');
  });

  test.each([
    ['a name', 'relu'],
    ['a function', { class_name: 'function', config: 'relu' }],
    ['a registered function', { module: 'builtins', class_name: 'function', config: 'Pkg>relu' }],
    ['a layer', { module: 'keras.layers', class_name: 'ReLU', config: { name: 'r' } }],
  ])('%s', async (_name, activation) => {
    expect(await only(activation)).toEqual(['unary(%0) unary=relu']);
  });

  test('a slope in a layer used as an activation is kept', async () => {
    const alpha = { class_name: 'LeakyReLU', config: { alpha: 0.125 } };
    expect(await only(alpha)).toEqual(['unary(%0) unary=leakyRelu(alpha=0.125)']);
    const slope = { class_name: 'LeakyReLU', config: { negative_slope: 0.25 } };
    expect(await only(slope)).toEqual(['unary(%0) unary=leakyRelu(alpha=0.25)']);
  });

  test.each([
    'linear',
    'ste_sign',
    'swish_sign',
    'ste_heaviside',
    'softmax',
  ])('%s', async (name) => {
    const expected: Record<string, string[]> = {
      linear: [],
      ste_sign: ['unary(%0) unary=sign'],
      swish_sign: ['unary(%0) unary=sign'],
      ste_heaviside: ['unary(%0) unary=heaviside'],
      softmax: ['softmax(%0) axis=1'],
    };
    expect(await only(name)).toEqual(expected[name]);
  });
});

test('layers that do nothing at inference leave no node', async () => {
  const names = [
    'Dropout',
    'SpatialDropout2D',
    'GaussianNoise',
    'RandomFlip',
    'ActivityRegularization',
  ];
  for (const name of names) expect(await nodesOf([4, 4, 1], name, { rate: 0.5 })).toEqual([]);
});

test('batch norm keeps the roundings of f32', async () => {
  const weights = [
    { name: 'it/gamma', shape: [1], data: [0.3] },
    { name: 'it/beta', shape: [1], data: [0.1] },
    { name: 'it/moving_mean', shape: [1], data: [0.7] },
    { name: 'it/moving_variance', shape: [1], data: [0.9] },
  ];
  const layers = [input('x', 1), layer('BatchNormalization', 'it', { axis: [1], epsilon: 1e-3 })];
  const graph = await importMemory({ layers, weights });
  const found = [...graph.values.values()].find(({ name }) => name === 'it/scale');
  const { fround, sqrt } = Math;
  const inverse = fround(1 / sqrt(fround(fround(0.9) + fround(1e-3))));
  expect(found?.data).toEqual(Float32Array.of(fround(fround(0.3) * inverse)));
});
