/** How models are put together: chains, graphs, nesting, and the three notations of calls. */
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/import/index.ts';
import { printGraph } from '../../src/ir/print.ts';
import {
  importMemory,
  input,
  jsonSource,
  layer,
  node,
  problemsOf,
} from '../support/memory-model.ts';

/** The lines of the printed graph without shapes and names. */
async function outline(model: Parameters<typeof importMemory>[0]): Promise<string[]> {
  const lines = printGraph(await importMemory(model))
    .trim()
    .split('\n');
  return lines.map((line) => line.replace(/ -> .*/, ''));
}

const RELU = (name: string) => layer('Activation', name, { activation: 'relu' });
const TENSOR = (name: string, call = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 3], dtype: 'float32', keras_history: [name, call, 0] },
});

describe('Sequential', () => {
  test('with an InputLayer, a batch_input_shape or a batch_shape', async () => {
    const expected = ['%0 = input', '%1 = unary(%0) unary=relu', 'return %1'];
    const first = { activation: 'relu' };
    for (const layers of [
      [input('x', 3), RELU('a')],
      [layer('Activation', 'a', { ...first, batch_input_shape: [null, 3] })],
      [layer('Activation', 'a', { ...first, batch_shape: [null, 3] })],
    ]) {
      const lines = await outline({ layers });
      expect(lines.map((line) => line.replace(/ "\w+"/, ''))).toEqual(expected);
    }
  });

  test('without a shape needs one from the caller', async () => {
    const model = { layers: [RELU('a')] };
    expect(await problemsOf(importMemory(model))).toMatchObject([
      { code: 'unsupported', fix: expect.stringContaining('shapes') },
    ]);
    const graph = await importMemory(model, { shapes: { anything: [1, 5] } });
    expect(graph.values.get(graph.inputs[0] ?? -1)?.type.shape).toEqual([1, 5]);
  });
});

describe('shapes', () => {
  const open = { layers: [input('x', null, 3), RELU('a')] };

  test('an open axis is refused with the input and the fix', async () => {
    const [problem] = await problemsOf(importMemory(open));
    expect(problem).toMatchObject({ code: 'unsupported', node: { name: 'x', op: 'InputLayer' } });
    expect(problem?.fix).toContain('shapes { "x": [1, …] }');
  });

  test('a given shape fills it, and must not contradict the model', async () => {
    const graph = await importMemory(open, { shapes: { x: [1, 7, 3] } });
    expect(graph.values.get(graph.inputs[0] ?? -1)?.type.shape).toEqual([1, 7, 3]);
    for (const shape of [
      [1, 7, 4],
      [7, 3],
      [1, 0, 3],
      [1, 1.5, 3],
    ]) {
      expect(await problemsOf(importMemory(open, { shapes: { x: shape } }))).toHaveLength(1);
    }
  });

  test.each([
    [[null, -3]],
    [[null, 'a']],
    [[null, 1e300]],
    [[null, 65536, 65536]],
    [[]],
  ])('a shape of %j is a problem', async (shape) => {
    const layers = [layer('InputLayer', 'x', { batch_shape: shape }), RELU('a')];
    const [problem] = await problemsOf(importMemory({ layers }));
    expect(['corrupt', 'too-large']).toContain(problem?.code);
  });
});

describe('functional models', () => {
  const expected = [
    '%0 = input "b"',
    '%1 = input "a"',
    '%2 = unary(%1) unary=relu',
    '%3 = unary(%0) unary=relu',
    '%4 = binary(%2, %3) fn=add',
    'return %4, %3',
  ];

  test('a shared layer and inputs in the order of the model, as Keras 2 writes them', async () => {
    const layers = [
      node('InputLayer', 'a', [], { batch_input_shape: [null, 3] }),
      node('InputLayer', 'b', [], { batch_input_shape: [null, 3] }),
      node('ReLU', 'shared', [[['a', 0, 0, {}]], [['b', 0, 0, {}]]]),
      node('Add', 'sum', [
        [
          ['shared', 0, 0, {}],
          ['shared', 1, 0, {}],
        ],
      ]),
    ];
    const lines = await outline({
      layers,
      inputs: [
        ['b', 0, 0],
        ['a', 0, 0],
      ],
      outputs: [
        ['sum', 0, 0],
        ['shared', 1, 0],
      ],
    });
    expect(lines).toEqual(expected);
  });

  test('the same as Keras 3 writes it, in any order of layers', async () => {
    const call = (...args: readonly unknown[]) => ({ args, kwargs: { training: true } });
    const layers = [
      node('Add', 'sum', [call([TENSOR('shared', 0), TENSOR('shared', 1)])]),
      node('ReLU', 'shared', [call(TENSOR('a')), call(TENSOR('b'))]),
      node('InputLayer', 'a', [], { batch_shape: [null, 3] }),
      node('InputLayer', 'b', [], { batch_shape: [null, 3] }),
    ];
    const lines = await outline({
      layers,
      inputs: [
        ['b', 0, 0],
        ['a', 0, 0],
      ],
      outputs: [
        ['sum', 0, 0],
        ['shared', 1, 0],
      ],
      kerasVersion: '3.5.0',
    });
    expect(lines).toEqual(expected);
  });
});

describe('nested models', () => {
  const nested = (inbound: unknown) => ({
    class_name: 'Functional',
    name: 'inner',
    inbound_nodes: inbound,
    config: {
      name: 'inner',
      layers: [
        node('InputLayer', 'i', [], { batch_input_shape: [null, 3] }),
        node('ReLU', 'r', [[['i', 0, 0, {}]]]),
        node('Softmax', 's', [[['i', 0, 0, {}]]]),
      ],
      input_layers: [['i', 0, 0]],
      output_layers: [
        ['r', 0, 0],
        ['s', 0, 0],
      ],
    },
  });
  const x = node('InputLayer', 'x', [], { batch_input_shape: [null, 3] });
  const expected = [
    '%0 = input "x"',
    '%1 = unary(%0) unary=relu',
    '%2 = softmax(%0) axis=1',
    '%3 = binary(%1, %2) fn=add',
    'return %3, %1',
  ];

  test.each([
    ['from 1, as Keras 2 does', 1, 1],
    ['from 0, as TensorFlow.js does', 0, 0],
  ])('with calls counted %s', async (_name, inner, outer) => {
    const sum = node('Add', 'sum', [
      [
        ['inner', inner, 0, {}],
        ['inner', inner, 1, {}],
      ],
    ]);
    const lines = await outline({
      layers: [x, nested([[['x', 0, 0, {}]]]), sum],
      inputs: [['x', 0, 0]],
      outputs: [
        ['sum', 0, 0],
        ['inner', outer, 0],
      ],
    });
    expect(lines).toEqual(expected);
  });

  test('with calls counted from 1 in the outputs only, as Keras 3 does', async () => {
    const tensor = (index: number) => ({
      class_name: '__keras_tensor__',
      config: { keras_history: ['inner', 0, index] },
    });
    const sum = node('Add', 'sum', [{ args: [[tensor(0), tensor(1)]], kwargs: {} }]);
    const lines = await outline({
      layers: [x, nested([{ args: [TENSOR('x')], kwargs: { mask: null } }]), sum],
      inputs: ['x', 0, 0],
      outputs: [
        ['sum', 0, 0],
        ['inner', 1, 0],
      ],
      kerasVersion: '3.5.0',
    });
    expect(lines).toEqual(expected);
  });

  test('name their nodes by path', async () => {
    const text = printGraph(
      await importMemory({
        layers: [x, nested([[['x', 0, 0, {}]]])],
        inputs: [['x', 0, 0]],
        outputs: [['inner', 1, 0]],
      }),
    );
    expect(text).toContain('# inner/r');
  });

  test('that multiply beyond bounds are refused in time', async () => {
    // Each level calls the one inside twice: 2^40 calls.
    let inner: object | undefined;
    for (let level = 0; level < 40; level++) {
      const name = `m${level}`;
      const body = inner ?? node('ReLU', 'leaf', [[['i', 0, 0, {}]]]);
      const bodyName = level === 0 ? 'leaf' : `m${level - 1}`;
      const twice = level === 0 ? [[['i', 0, 0, {}]]] : [[['i', 0, 0, {}]], [[bodyName, 0, 0, {}]]];
      inner = {
        class_name: 'Model',
        name,
        inbound_nodes: [],
        config: {
          name,
          layers: [
            node('InputLayer', 'i', [], { batch_input_shape: [null, 3] }),
            { ...body, inbound_nodes: twice },
          ],
          input_layers: [['i', 0, 0]],
          output_layers: [[bodyName, level === 0 ? 0 : 1, 0]],
        },
      };
    }
    const problems = await problemsOf(
      importMemory({
        layers: [x, { ...inner, inbound_nodes: [[['x', 0, 0, {}]]] }],
        inputs: [['x', 0, 0]],
        outputs: [['m39', 0, 0]],
      }),
    );
    expect(problems[0]?.code).toMatch(/too-large|corrupt/);
  });
});

describe('broken graphs', () => {
  const graph = (layers: readonly object[], outputs: unknown = [['a', 0, 0]]) =>
    problemsOf(importMemory({ layers, inputs: [['x', 0, 0]], outputs }));
  const x = node('InputLayer', 'x', [], { batch_input_shape: [null, 3] });

  test('a cycle', async () => {
    const [problem] = await graph([
      x,
      node('Add', 'a', [
        [
          ['x', 0, 0, {}],
          ['b', 0, 0, {}],
        ],
      ]),
      node('ReLU', 'b', [[['a', 0, 0, {}]]]),
    ]);
    expect(problem).toMatchObject({ code: 'corrupt', found: expect.stringContaining('cycle') });
  });

  test.each([
    ['a layer that does not exist', [node('ReLU', 'a', [[['y', 0, 0, {}]]])]],
    ['a call that does not exist', [node('ReLU', 'a', [[['x', 3, 0, {}]]])]],
    ['a result that does not exist', [node('ReLU', 'a', [[['x', 0, 2, {}]]])]],
    ['a negative call', [node('ReLU', 'a', [[['x', -1, 0, {}]]])]],
    ['inbound nodes that are no list', [node('ReLU', 'a', { x: 1 })]],
    ['a reference without numbers', [node('ReLU', 'a', [[['x', 'y', 0]]])]],
    ['two layers of a name', [node('ReLU', 'a', [[['x', 0, 0, {}]]]), node('ReLU', 'a', [])]],
    ['a layer without a class', [{ config: {}, name: 'a', inbound_nodes: [] }]],
    ['a layer that is a number', [3 as unknown as object]],
  ])('%s', async (_name, layers) => {
    const problems = await graph([x, ...layers]);
    expect(problems[0]).toMatchObject({ code: 'corrupt', file: 'folder/model.json' });
  });

  test.each([[[]], [{}], [null], [[['z', 0, 0]]], [['a']]])('outputs of %j', async (outputs) => {
    const problems = await graph([x, node('ReLU', 'a', [[['x', 0, 0, {}]]])], outputs);
    expect(problems[0]?.code).toBe('corrupt');
  });

  test('a model of a class derived from a functional one is read like it', async () => {
    const config = {
      name: 'net',
      layers: [x, node('ReLU', 'a', [[['x', 0, 0, {}]]])],
      input_layers: [['x', 0, 0]],
      output_layers: [['a', 0, 0]],
    };
    const json = { modelTopology: { class_name: 'MyNet', config }, weightsManifest: [] };
    const imported = await importModel(jsonSource(json, new Map()));
    expect(imported.nodes.map(({ op }) => op)).toEqual(['unary']);
  });

  test('a subclassed model says what to do', async () => {
    const source = { class_name: 'MyNet', config: {} };
    const json = { modelTopology: source, weightsManifest: [] };
    const [problem] = await problemsOf(importModel(jsonSource(json, new Map())));
    expect(problem).toMatchObject({ code: 'unsupported', found: expect.stringContaining('MyNet') });
  });
});

test('a shared layer fits its constants to each input', async () => {
  const layers = [
    node('InputLayer', 'x', [], { batch_input_shape: [null, 3] }),
    node('InputLayer', 'y', [], { batch_input_shape: [null, 2] }),
    node('Rescaling', 'half', [[['x', 0, 0, {}]], [['y', 0, 0, {}]]], { scale: 0.5, offset: 0 }),
  ];
  const inputs = [
    ['x', 0, 0],
    ['y', 0, 0],
  ];
  const graph = await importMemory({
    layers,
    inputs,
    outputs: [
      ['half', 0, 0],
      ['half', 1, 0],
    ],
  });
  expect(graph.outputs.map((id) => graph.values.get(id)?.type.shape)).toEqual([
    [1, 3],
    [1, 2],
  ]);
});

test('a layer whose name is the path of another keeps its own weights', async () => {
  const inner = {
    class_name: 'Sequential',
    name: 'a',
    inbound_nodes: [[['x', 0, 0, {}]]],
    config: {
      name: 'a',
      layers: [input('i', 1), layer('Dense', 'b', { units: 1, use_bias: false })],
    },
  };
  const layers = [
    node('InputLayer', 'x', [], { batch_input_shape: [null, 1] }),
    inner,
    node('Dense', 'a/b', [[['a', 1, 0, {}]]], { units: 1, use_bias: false }),
  ];
  const weights = [
    { name: 'first/kernel', shape: [1, 1], data: [2] },
    { name: 'second/kernel', shape: [1, 1], data: [3] },
  ];
  const graph = await importMemory({
    layers,
    weights,
    inputs: [['x', 0, 0]],
    outputs: [['a/b', 0, 0]],
  });
  const kernels = graph.nodes.map(({ inputs }) => graph.values.get(inputs[1] ?? -1)?.data?.[0]);
  expect(kernels).toEqual([2, 3]);
});
