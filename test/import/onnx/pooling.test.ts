/** Pools where rounding up, padding and types matter, and normalisation that is refused. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, onnxNode } from '../../support/onnx-writer.ts';

const LINE = { inputs: { x: [1, 1, 5] }, operands: ['x'] };

function pool(op: string, attributes: OneNode['attributes']): OneNode {
  return { op, ...LINE, attributes: { kernel_shape: [2], ...attributes } };
}

const VALUES = [1, 2, 3, 4, 5];

describe('windows', () => {
  test('that are not whole count with ceil_mode', async () => {
    const down = await runNode(pool('MaxPool', { strides: [2] }), VALUES);
    const up = await runNode(pool('MaxPool', { strides: [2], ceil_mode: 1 }), VALUES);
    expect(down[0]?.data).toEqual([2, 4]);
    expect(up[0]?.data).toEqual([2, 4, 5]);
  });

  test('that start in the padding at the end are left out', async () => {
    const attributes = { strides: [3], pads: [0, 1], ceil_mode: 1 };
    const [y] = await runNode(pool('AveragePool', attributes), VALUES);
    expect(y).toEqual({ shape: [1, 1, 2], data: [1.5, 4.5] });
  });

  test('count zeros of the padding, but not what rounding up adds', async () => {
    const attributes = { strides: [3], pads: [1, 0], ceil_mode: 1, kernel_shape: [3] };
    const without = await runNode(pool('AveragePool', attributes), VALUES);
    const counted = { ...attributes, count_include_pad: 1 };
    const [y] = await runNode(pool('AveragePool', counted), VALUES);
    expect(without[0]?.data).toEqual([1.5, 4]);
    expect(y?.data).toEqual([1, 4]);
  });

  test('over three axes are done a pair at a time', async () => {
    const one: OneNode = {
      op: 'MaxPool',
      operands: ['x'],
      inputs: { x: [1, 1, 2, 2, 2] },
      attributes: { kernel_shape: [2, 1, 2] },
    };
    const [y] = await runNode(one, [1, 2, 3, 4, 5, 6, 0, 1]);
    expect(y).toEqual({ shape: [1, 1, 1, 2, 1], data: [6, 4] });
  });

  test('over bytes give bytes', async () => {
    const cast = onnxNode('Cast', ['x'], ['b'], { to: 2 });
    const graph = await importNode({ ...pool('MaxPool', {}), operands: ['b'], before: [cast] });
    expect(graph.values.get(graph.outputs[0] ?? -1)?.type).toEqual({
      dtype: 'u8',
      shape: [1, 1, 4],
    });
  });

  test.each<[string, string, OneNode]>([
    ['corrupt', 'kernel_shape is missing', { op: 'MaxPool', ...LINE }],
    ['corrupt', 'kernel_shape contains 0', pool('MaxPool', { kernel_shape: [0] })],
    ['corrupt', 'Its p is 0', pool('LpPool', { p: 0 })],
    ['corrupt', 'larger than its image', pool('MaxPool', { kernel_shape: [9] })],
    ['unsupported', 'in the padding alone', pool('MaxPool', { pads: [4, 0] })],
    [
      'unsupported',
      'Its output 1 ("i") is not supported.',
      { ...pool('MaxPool', {}), outputs: ['y', 'i'] },
    ],
  ])('are %s: %s', async (code, text, one) => {
    const problem = await problemOf(one);
    expect(problem.code).toBe(code);
    expect(problem.found).toContain(text);
  });
});

describe('normalisation', () => {
  const vectors = ['a', 'b', 'c', 'd'].map((name) => floatTensor(name, [2], [1, 2]));
  const batchNorm: OneNode = {
    op: 'BatchNormalization',
    operands: ['x', 'a', 'b', 'c', 'd'],
    inputs: { x: [1, 2, 3] },
    tensors: vectors,
  };

  test('by fixed statistics is one node between transposes', async () => {
    const graph = await importNode(batchNorm);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['transpose', 'batchNorm', 'transpose']);
  });

  test('by the statistics of the batch is refused', async () => {
    const training = { ...batchNorm, attributes: { training_mode: 1 } };
    expect(await problemOf(training)).toMatchObject({
      code: 'unsupported',
      found: 'It normalises by the statistics of the batch: it is in training mode.',
    });
    const places = { ...batchNorm, opset: 7, attributes: { spatial: 0 } };
    expect((await problemOf(places)).found).toContain('spatial is 0');
  });

  test('in groups that do not divide the channels is damaged', async () => {
    const one = { ...batchNorm, op: 'GroupNormalization', operands: ['x', 'a', 'b'], opset: 21 };
    const problem = await problemOf({ ...one, attributes: { num_groups: 3 } });
    expect(problem.found).toBe("Its 2 channels don't divide into 3 groups.");
  });

  test('of a vector of zeros gives zeros', async () => {
    const one = { op: 'LpNormalization', operands: ['x'], inputs: { x: [2, 2] } };
    const [y] = await runNode(one, [3, 4, 0, 0]);
    expect(y?.data.slice(2)).toEqual([0, 0]);
    expect(y?.data[0]).toBeCloseTo(0.6);
  });

  test('of neighbouring channels may be wider than there are channels', async () => {
    const attributes = { size: 2 ** 31 - 1, alpha: { float: 2 ** 31 }, beta: { float: 1 } };
    const one = { op: 'LRN', operands: ['x'], inputs: { x: [1, 2, 1, 1] }, attributes };
    const [y] = await runNode(one, [1, 2]);
    expect(y?.data[0]).toBeCloseTo(1 / 6);
  });

  test('before opset 13 softmax was over all axes from one on', async () => {
    const one = { op: 'Softmax', operands: ['x'], inputs: { x: [1, 2, 2] } };
    const old = await runNode({ ...one, opset: 11 }, [0, 0, 0, 0]);
    const now = await runNode({ ...one, opset: 13 }, [0, 0, 0, 0]);
    expect(old[0]?.data).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(now[0]?.data).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});
