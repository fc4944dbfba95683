/** Weights: which layer they belong to, quantized shards, and files that contradict the model. */
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/import/index.ts';
import type { LayerDescription } from '../../src/import/keras/model.ts';
import { distributeWeights, type Leaf } from '../../src/import/keras/weights.ts';
import type { Graph } from '../../src/ir/graph.ts';
import {
  importMemory,
  input,
  jsonSource,
  layer,
  memorySource,
  problemsOf,
} from '../support/memory-model.ts';

function leaf(path: string, specs: string, trainable = true): Leaf {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const description: LayerDescription = {
    name,
    path,
    className: 'Any',
    config: {},
    trainable,
    isOperation: false,
    calls: [],
  };
  return {
    layer: description,
    // "k b -m -v": a minus in front of what is not trained.
    specs: specs.split(' ').map((spec) => ({
      name: spec.replace('-', ''),
      trainable: !spec.startsWith('-'),
      owner: '',
    })),
  };
}

describe('distributeWeights', () => {
  const distribute = (leaves: readonly Leaf[], names: readonly string[]) => {
    const found = distributeWeights(leaves, names);
    return found && Object.fromEntries([...found].map(([at, list]) => [at.layer.path, list]));
  };

  test('by name, whatever the order', () => {
    const leaves = [leaf('m/conv', 'k b'), leaf('m/norm', 'g b -m -v')];
    const names = [
      'norm/gamma:0',
      'conv/kernel:0',
      'conv/bias:0',
      'norm/beta:0',
      'norm/moving_mean:0',
      'norm/moving_variance:0',
    ];
    expect(distribute(leaves, names)).toEqual({ 'm/conv': [1, 2], 'm/norm': [0, 3, 4, 5] });
  });

  test('by path where two layers have one name', () => {
    const leaves = [leaf('m/a/fc', 'k'), leaf('m/b/fc', 'k')];
    expect(distribute(leaves, ['m/b/fc/kernel', 'm/a/fc/kernel'])).toEqual({
      'm/a/fc': [1],
      'm/b/fc': [0],
    });
  });

  test('names with slashes, and layers inside a layer', () => {
    const leaves = [leaf('a/b', 'k b'), leaf('bi', 'k r b k r b')];
    const names = ['a/b/kernel:0', 'a/b/bias:0'].concat(
      ['kernel', 'rec', 'bias'].map((name) => `bi/forward_gru/gru_cell/${name}:0`),
      ['kernel', 'rec', 'bias'].map((name) => `bi/backward_gru/gru_cell_1/${name}:0`),
    );
    expect(distribute(leaves, names)).toEqual({ 'a/b': [0, 1], bi: [2, 3, 4, 5, 6, 7] });
  });

  test('by order where names tell nothing: trained weights first, as Keras writes them', () => {
    const leaves = [
      leaf('m/conv', 'k b'),
      leaf('m/norm', 'g b -m -v'),
      leaf('m/frozen', 'k', false),
    ];
    const names = Array.from({ length: 7 }, (_, i) => `old_name_${i}/w:0`);
    expect(distribute(leaves, names)).toEqual({
      'm/conv': [0, 1],
      'm/norm': [2, 3, 4, 5],
      'm/frozen': [6],
    });
    const reversed = [leaf('m/norm', 'g b -m -v'), leaf('m/conv', 'k b')];
    expect(distribute(reversed, names.slice(0, 6))).toEqual({
      'm/norm': [0, 1, 4, 5],
      'm/conv': [2, 3],
    });
  });

  test('not at all where the number is wrong', () => {
    expect(distribute([leaf('m/conv', 'k b')], ['conv/kernel'])).toBeUndefined();
  });

  test('many layers and many names take no time', () => {
    const leaves = Array.from({ length: 20_000 }, (_, i) => leaf(`m/d${i}`, 'k'));
    const names = leaves.map(({ layer: { name } }) => `${name}/kernel:0`);
    const start = performance.now();
    expect(distributeWeights(leaves, names)?.size).toBe(20_000);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

const DENSE = [input('x', 2), layer('Dense', 'd', { units: 3, activation: 'linear' })];

/** The data of a graph's constants by name. */
function constants(graph: Graph): Record<string, unknown> {
  const known = [...graph.values.values()].filter(({ data }) => data);
  return Object.fromEntries(known.map(({ name, data }) => [name, data]));
}

describe('weights that contradict the model', () => {
  const weights = [
    { name: 'd/kernel', shape: [2, 3] },
    { name: 'd/bias', shape: [3] },
  ];

  test('the right ones are read', async () => {
    const graph = await importMemory({ layers: DENSE, weights });
    const sixteenths = (count: number) =>
      Float32Array.from({ length: count }, (_, i) => (i + 1) / 16);
    expect(constants(graph)).toEqual({ 'd/kernel': sixteenths(6), 'd/bias': sixteenths(3) });
  });

  test.each([
    [[{ name: 'd/kernel', shape: [3, 2] }, weights[1]], 'd'],
    [[{ name: 'd/kernel', shape: [6] }, weights[1]], 'd'],
    [[weights[0], { name: 'd/bias', shape: [2] }], 'd'],
  ])('%j', async (wrong, name) => {
    const model = { layers: DENSE, weights: wrong as typeof weights };
    const [problem] = await problemsOf(importMemory(model));
    expect(problem).toMatchObject({ code: 'corrupt', node: { name, op: 'Dense' } });
    expect(problem?.found).toContain('has the shape');
  });

  test('missing ones, and too many', async () => {
    for (const wrong of [[], weights.slice(0, 1), [...weights, { name: 'd/more', shape: [1] }]]) {
      const [problem] = await problemsOf(importMemory({ layers: DENSE, weights: wrong }));
      expect(problem).toMatchObject({ code: 'corrupt', file: 'folder/model.json' });
    }
  });

  test.each([
    ['Dense', { units: 1e12 }],
    ['Dense', { units: 2 ** 31 - 1 }],
    ['Dense', { units: -1 }],
    ['Dense', { units: 0.5 }],
    ['Dense', { units: '3' }],
    ['Dense', {}],
    ['Dense', { units: 3, activation: 7 }],
    ['Dense', { units: 3, use_bias: 'yes' }],
  ])('%s with %j allocates nothing and is a problem', async (className, config) => {
    const layers = [input('x', 2), layer(className, 'd', config)];
    const [problem] = await problemsOf(importMemory({ layers, weights }));
    expect(['corrupt', 'too-large', 'unsupported']).toContain(problem?.code);
    expect(problem?.node?.name).toBe('d');
  });

  test.each([
    ['RepeatVector', { n: 2 ** 31 - 1 }, [3]],
    ['UpSampling2D', { size: [60000, 60000] }, [4, 4, 3]],
    ['ZeroPadding2D', { padding: [2 ** 30, 2 ** 30] }, [4, 4, 3]],
    ['Reshape', { target_shape: [-1, 7] }, [4, 4, 3]],
    ['Reshape', { target_shape: [0, -1] }, [4, 4, 3]],
    ['Permute', { dims: [1, 1, 2] }, [4, 4, 3]],
    ['MaxPooling2D', { pool_size: [9, 9] }, [4, 4, 3]],
    [
      'Cropping2D',
      {
        cropping: [
          [2, 2],
          [0, 0],
        ],
      },
      [4, 4, 3],
    ],
    ['Flatten', { data_format: 'sideways' }, [4, 4, 3]],
    ['LayerNormalization', { center: false, scale: false }, [2 ** 26]],
    ['Rescaling', { scale: [1, 2, 3, 4], offset: 0 }, [4, 4, 3]],
  ] as const)('%s with %j is a problem before anything is allocated', async (name, config, shape) => {
    const layers = [input('x', ...shape), layer(name, 'it', config)];
    const [problem] = await problemsOf(importMemory({ layers }));
    expect(['corrupt', 'too-large']).toContain(problem?.code);
    expect(problem?.node).toEqual({ name: 'it', op: name });
  });
});

describe('shards', () => {
  const kernel = { name: 'd/kernel', shape: [2, 3], dtype: 'float32' };
  const bias = { name: 'd/bias', shape: [3], dtype: 'float32' };
  const model = (manifest: unknown) => ({
    modelTopology: { class_name: 'Sequential', config: { name: 'n', layers: DENSE } },
    weightsManifest: manifest,
  });
  const load = (manifest: unknown, files: Record<string, Uint8Array>) =>
    importModel(jsonSource(model(manifest), new Map(Object.entries(files))));
  const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

  test('several shards of one group are one run of bytes, cut anywhere', async () => {
    const bytes = floats(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const manifest = [{ paths: ['a', 'b', 'c'], weights: [kernel, bias] }];
    const files = { a: bytes.slice(0, 5), b: bytes.slice(5, 6), c: bytes.slice(6) };
    expect(constants(await load(manifest, files))).toEqual({
      'd/kernel': Float32Array.of(1, 2, 3, 4, 5, 6),
      'd/bias': Float32Array.of(7, 8, 9),
    });
  });

  test('8 and 16 bits with scale and min, and half floats', async () => {
    const quantization = { dtype: 'uint8', scale: 0.5, min: -2, original_dtype: 'float32' };
    const sixteen = { dtype: 'uint16', scale: 0.25, min: 1, original_dtype: 'float32' };
    const half = { dtype: 'float16', original_dtype: 'float32' };
    const manifest = [
      { paths: ['k'], weights: [{ ...kernel, quantization }] },
      { paths: ['b'], weights: [{ ...bias, quantization: sixteen }] },
    ];
    const files = {
      k: Uint8Array.of(0, 1, 2, 3, 4, 255),
      b: new Uint8Array(Uint16Array.of(0, 1, 65535).buffer),
    };
    expect(constants(await load(manifest, files))).toEqual({
      'd/kernel': Float32Array.of(-2, -1.5, -1, -0.5, 0, 125.5),
      'd/bias': Float32Array.of(1, 1.25, 16384.75),
    });
    const halves = [
      { paths: ['k'], weights: [kernel] },
      { paths: ['b'], weights: [{ ...bias, quantization: half }] },
    ];
    const more = { k: floats(0, 0, 0, 0, 0, 0), b: Uint8Array.of(0, 0x3c, 1, 0, 0, 0xc2) };
    expect(constants(await load(halves, more))).toMatchObject({
      'd/bias': Float32Array.of(1, 2 ** -24, -3),
    });
  });

  test.each([
    '../weights.bin',
    '/etc/passwd',
    'a/../../b',
    'https://example.com/w.bin',
    'C:\\w.bin',
    '..\\w.bin',
    'a\0b',
    '',
    7,
  ])('a shard at %j is refused without asking for it', async (path) => {
    const [problem] = await problemsOf(load([{ paths: [path], weights: [kernel, bias] }], {}));
    expect(problem).toMatchObject({ code: 'corrupt' });
    expect(problem?.found).toContain('outside the folder');
  });

  test('a missing shard is named', async () => {
    const source = memorySource({ layers: DENSE, weights: [kernel, bias] });
    const sibling = jsonSource({}, new Map()).sibling;
    const [problem] = await problemsOf(importModel({ ...source, sibling }));
    expect(problem).toMatchObject({ code: 'not-found', file: 'weights.bin' });
  });

  test('a shard of the wrong length is corrupt', async () => {
    for (const bytes of [floats(1, 2, 3), floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)]) {
      const manifest = [{ paths: ['a'], weights: [kernel, bias] }];
      const [problem] = await problemsOf(load(manifest, { a: bytes }));
      expect(problem).toMatchObject({ code: 'corrupt' });
    }
  });

  test.each([
    ['a group without weights', [{ paths: ['a'] }]],
    ['a manifest that is no list', {}],
    ['a weight without a shape', [{ paths: ['a'], weights: [{ name: 'd/kernel' }] }]],
    ['negative sizes', [{ paths: ['a'], weights: [{ ...kernel, shape: [-2, -3] }, bias] }]],
    ['enormous sizes', [{ paths: ['a'], weights: [{ ...kernel, shape: [1e9, 1e9] }, bias] }]],
    ['an unknown type', [{ paths: ['a'], weights: [{ ...kernel, dtype: 'string' }, bias] }]],
    ['a shard that is named twice', [{ paths: ['a', 'a'], weights: [kernel, bias] }]],
    [
      'a quantization without a scale',
      [{ paths: ['a'], weights: [{ ...kernel, quantization: { dtype: 'uint8' } }, bias] }],
    ],
  ])('%s', async (_name, manifest) => {
    const [problem] = await problemsOf(load(manifest, { a: new Uint8Array(36) }));
    expect(['corrupt', 'too-large', 'unsupported']).toContain(problem?.code);
  });
});
