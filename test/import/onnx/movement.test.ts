/** Operators that move elements: their edges, their older forms, and what is refused. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, intTensor, onnxNode } from '../../support/onnx-writer.ts';

const SIX = [1, 2, 3, 4, 5, 6];
const CAST = onnxNode('Cast', ['x'], ['i'], { to: 7 });

/** A node over x, whose other operands are constants of integers. */
function over(
  shape: readonly number[],
  op: string,
  lists: readonly (readonly number[])[] = [],
  attributes: OneNode['attributes'] = {},
  opset = 18,
): OneNode {
  const names = lists.map((_, i) => `list${i}`);
  const tensors = lists.map((list, i) => intTensor(`list${i}`, [list.length], list));
  const operands = ['x', ...names];
  return { op, operands, inputs: { x: shape }, tensors, attributes: attributes ?? {}, opset };
}

describe('Reshape', () => {
  test.each<[number[], number[]]>([
    [
      [3, -1],
      [3, 2],
    ],
    [
      [0, -1],
      [2, 3],
    ],
    [[-1], [6]],
    [
      [2, 1, 0],
      [2, 1, 3],
    ],
  ])('to %j', async (wanted, shape) => {
    const one =
      wanted.length === 3
        ? over([2, 1, 3], 'Reshape', [wanted])
        : over([2, 3], 'Reshape', [wanted]);
    expect((await runNode(one, SIX))[0]).toEqual({ shape, data: SIX });
  });

  test.each<[number[], string]>([
    [[4, -1], 'It reshapes [2, 3] to [4, -1].'],
    [[-1, -1], 'It reshapes [2, 3] to [-1, -1].'],
    [[-6], 'It reshapes [2, 3] to [-6].'],
    [[7], 'It reshapes [2, 3] to [7].'],
    [[1, 1, 0], 'It reshapes [2, 3] to [1, 1, 0], whose axis 2 is not there.'],
  ])('not to %j', async (wanted, found) => {
    expect(await problemOf(over([2, 3], 'Reshape', [wanted]))).toMatchObject({
      code: 'corrupt',
      found,
    });
  });
});

describe('axes', () => {
  test.each<[string, OneNode, number[]]>([
    ['Flatten', over([2, 3], 'Flatten', [], { axis: 2 }), [6, 1]],
    ['Flatten', over([2, 3], 'Flatten', [], { axis: -2 }), [1, 6]],
    ['Squeeze', over([1, 6, 1], 'Squeeze'), [6]],
    ['Squeeze', over([1, 6, 1], 'Squeeze', [[-1]]), [1, 6]],
    ['Squeeze', over([1, 6, 1], 'Squeeze', [], { axes: [0] }, 11), [6, 1]],
    ['Unsqueeze', over([6], 'Unsqueeze', [[-1, 0]]), [1, 6, 1]],
    ['Unsqueeze', over([6], 'Unsqueeze', [], { axes: [1] }, 11), [6, 1]],
    ['Expand', over([6], 'Expand', [[1, 1, 1]]), [1, 1, 6]],
  ])('%s', async (_op, one, shape) => {
    expect((await runNode(one, SIX))[0]).toEqual({ shape, data: SIX });
  });

  test.each<[string, OneNode]>([
    ['It removes axis 1 of [1, 6], whose size is not 1.', over([1, 6], 'Squeeze', [[1]])],
    ['It names axis 2 of a tensor of rank 2.', over([1, 6], 'Squeeze', [[2]])],
    ['Its axes 0, -3 repeat.', over([6], 'Unsqueeze', [[0, -3]])],
    ['It names axis 3 of a tensor of rank 2.', over([1, 6], 'Flatten', [], { axis: 3 })],
    ["Its shape [4] doesn't fit [6].", over([6], 'Expand', [[4]])],
    ['Its perm names 1 axes of a tensor of rank 2.', over([1, 6], 'Transpose', [], { perm: [0] })],
    ['Its axes 0, 0 repeat.', over([1, 6], 'Transpose', [], { perm: [0, 0] })],
    ['It has 2 repeats for a tensor of rank 1.', over([6], 'Tile', [[1, 2]])],
    [
      "Its blocks of 2 by 2 don't divide [1, 2, 1, 3].",
      over([1, 2, 1, 3], 'DepthToSpace', [], { blocksize: 2 }),
    ],
    [
      "Its blocks of 0 by 0 don't divide [1, 2, 1, 3].",
      over([1, 2, 1, 3], 'SpaceToDepth', [], { blocksize: 0 }),
    ],
  ])('%s', async (found, one) => {
    expect(await problemOf(one)).toMatchObject({ code: 'corrupt', found });
  });
});

describe('Slice', () => {
  const HUGE = 2 ** 53 - 1;

  test.each<[string, number[][], number[]]>([
    ['to the end', [[2], [HUGE]], [3, 4, 5, 6]],
    ['backwards to the start', [[HUGE], [-HUGE], [0], [-2]], [6, 4, 2]],
    ['by more than there is', [[1], [HUGE], [0], [HUGE]], [2]],
    ['from the end', [[-2], [-1]], [5]],
  ])('%s', async (_name, lists, expected) => {
    expect((await runNode(over([6], 'Slice', lists), SIX))[0]?.data).toEqual(expected);
  });

  test('of everything is nothing to do', async () => {
    const graph = await importNode(
      over([2, 3], 'Slice', [
        [0, 0],
        [9, 3],
      ]),
    );
    expect(graph.nodes.map(({ op }) => op)).not.toContain('slice');
  });

  test.each<[string, string, number[][]]>([
    ['corrupt', 'One of its steps is 0.', [[0], [1], [0], [0]]],
    ['corrupt', 'Its starts, ends, axes and steps number 1, 2, 1, 1.', [[0], [1, 2]]],
    ['corrupt', 'It names axis 1 of a tensor of rank 1.', [[0], [1], [1]]],
    ['unsupported', 'The output "y" has the shape [0]: it is empty.', [[4], [2]]],
  ])('%s: %s', async (code, found, lists) => {
    expect(await problemOf(over([6], 'Slice', lists))).toMatchObject({ code, found });
  });
});

describe('Split', () => {
  const outputs = ['a', 'b', 'c', 'd'];

  test('leaves the last part smaller', async () => {
    const parts = await runNode(
      { ...over([6], 'Split', [], { num_outputs: 4 }), outputs: ['a', 'b', 'c', ''] },
      SIX,
    );
    expect(parts.map(({ data }) => data)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test('skips parts that nothing reads', async () => {
    const one = { ...over([6], 'Split', [[1, 0, 5]]), outputs: ['', '', 'c'] };
    const graph = await importNode(one);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['slice']);
    expect((await runNode(one, SIX))[0]?.data).toEqual([2, 3, 4, 5, 6]);
  });

  test.each<[string, OneNode]>([
    ['It splits 6 places into [1, 1, 1, 1] for 4 outputs.', over([6], 'Split', [[1, 1, 1, 1]])],
    [
      'It splits 6 places into [9, -1, -1, -1] for 4 outputs.',
      over([6], 'Split', [[9, -1, -1, -1]]),
    ],
    ['It splits 6 places into [6] for 4 outputs.', over([6], 'Split', [], { split: [6] }, 11)],
    ['Its num_outputs is 3, where it has 4.', over([6], 'Split', [], { num_outputs: 3 })],
  ])('%s', async (found, one) => {
    expect(await problemOf({ ...one, outputs })).toMatchObject({ code: 'corrupt', found });
  });
});

describe('Pad', () => {
  test.each<[string, OneNode, number[]]>([
    ['constant', over([6], 'Pad', [[1, -2]]), [0, 1, 2, 3, 4]],
    ['reflect', over([3], 'Pad', [[2, 2]], { mode: 'reflect' }), [3, 2, 1, 2, 3, 2, 1]],
    [
      'reflect again and again',
      over([2], 'Pad', [[4, 0]], { mode: 'reflect' }),
      [1, 2, 1, 2, 1, 2],
    ],
    ['reflect of one place', over([1], 'Pad', [[1, 2]], { mode: 'reflect' }), [1, 1, 1, 1]],
    ['reflect of what is left', over([4], 'Pad', [[2, -2]], { mode: 'reflect' }), [1, 2, 1, 2]],
    ['edge', over([3], 'Pad', [[2, 1]], { mode: 'edge' }), [1, 1, 1, 2, 3, 3]],
    ['wrap', over([3], 'Pad', [[4, 1]], { mode: 'wrap' }), [3, 1, 2, 3, 1, 2, 3, 1]],
    ['old', over([2], 'Pad', [], { pads: [1, 0], value: { float: 9 } }, 10), [9, 1, 2]],
  ])('%s', async (_name, one, expected) => {
    const size = one.inputs.x?.[0] ?? 0;
    expect((await runNode(one, SIX.slice(0, size)))[0]?.data).toEqual(expected);
  });

  test('takes a value that is computed', async () => {
    const one = over([2], 'Pad', [[1, 2]]);
    const [y] = await runNode(
      { ...one, operands: ['x', 'list0', 'v'], inputs: { x: [2], v: [] } },
      [1, 2],
      [7],
    );
    expect(y?.data).toEqual([7, 1, 2, 7, 7]);
  });

  test('takes axes', async () => {
    const one = over([2, 1], 'Pad', [[1, 0], [-1]]);
    const [y] = await runNode({ ...one, operands: ['x', 'list0', '', 'list1'] }, [1, 2]);
    expect(y).toEqual({ shape: [2, 2], data: [0, 1, 0, 2] });
  });

  test.each<[string, string, OneNode]>([
    ['corrupt', 'It has 3 pads for 1 axes.', over([6], 'Pad', [[1, 1, 1]])],
    ['corrupt', 'Its pads cut more off than [6] has.', over([6], 'Pad', [[-4, -3]])],
    ['unsupported', 'Its mode is "mirror".', over([6], 'Pad', [[1, 1]], { mode: 'mirror' })],
  ])('%s: %s', async (code, found, one) => {
    expect(await problemOf(one)).toMatchObject({ code, found });
  });

  test.each(['constant', 'edge'])('of enormous size is refused: %s', async (mode) => {
    const one = over([6], 'Pad', [[2 ** 40, 0]], { mode });
    expect((await problemOf(one)).code).toBe('too-large');
  });
});

describe('indices', () => {
  const table = (
    op: string,
    indices: Uint8Array,
    attributes: OneNode['attributes'] = {},
  ): OneNode => ({
    op,
    operands: ['x', 'i'],
    inputs: { x: [3, 2] },
    tensors: [indices],
    attributes: attributes ?? {},
  });

  test('count from the end, computed ones too', async () => {
    const known = table('Gather', intTensor('i', [], [-1]));
    expect((await runNode(known, SIX))[0]).toEqual({ shape: [2], data: [5, 6] });
    const lookup: OneNode = {
      op: 'Gather',
      operands: ['t', 'i'],
      inputs: { x: [2] },
      tensors: [floatTensor('t', [3], [10, 20, 30])],
      before: [CAST],
    };
    expect((await runNode(lookup, [-3, 2]))[0]?.data).toEqual([10, 30]);
  });

  test.each<[string, OneNode]>([
    ['It names place 3 of an axis of 3.', table('Gather', intTensor('i', [1], [3]))],
    ['It names place -4 of an axis of 3.', table('GatherElements', intTensor('i', [1, 1], [-4]))],
    ['Its indices are of the type float.', table('Gather', floatTensor('i', [1], [0]))],
    ["Its indices don't fit: [1] into [3, 2].", table('GatherElements', intTensor('i', [1], [0]))],
    [
      "Its indices don't fit: [1, 3] into [3, 2] with batch_dims 0.",
      table('GatherND', intTensor('i', [1, 3], [0, 0, 0])),
    ],
    [
      "Its indices don't fit: [1] into [3, 2] with batch_dims -1.",
      table('GatherND', intTensor('i', [1], [0]), { batch_dims: -1 }),
    ],
  ])('%s', async (found, one) => {
    expect(await problemOf(one)).toMatchObject({ code: 'corrupt', found });
  });

  const scatter = (reduction: string, rows: readonly number[]): OneNode => ({
    op: 'ScatterND',
    operands: ['x', 'i', 'u'],
    inputs: { x: [3, 2], u: [rows.length, 2] },
    tensors: [intTensor('i', [rows.length, 1], rows)],
    attributes: { reduction },
  });

  test.each<[string, number[]]>([
    ['none', [1, 2, 9, 8, 5, 6]],
    ['add', [1, 2, 19, 19, 5, 6]],
    ['mul', [1, 2, 189, 224, 5, 6]],
    ['max', [1, 2, 9, 8, 5, 6]],
    ['min', [1, 2, 3, 4, 5, 6]],
  ])('that repeat scatter in order: %s', async (reduction, expected) => {
    expect((await runNode(scatter(reduction, [1, -2]), SIX, [7, 7, 9, 8]))[0]?.data).toEqual(
      expected,
    );
  });

  test('that repeat without end are refused', async () => {
    const one = scatter('add', new Array<number>(100).fill(1));
    expect((await problemOf(one)).found).toBe('It changes a row more than 64 times.');
    expect((await problemOf(scatter('mean', [1]))).found).toBe('Its reduction is "mean".');
  });
});

describe('running sums', () => {
  const sum = (size: number, attributes: OneNode['attributes'], op = 'CumSum'): OneNode => ({
    ...over([size], op, [[0]], attributes),
  });

  test.each<[OneNode, number[]]>([
    [sum(6, {}), [1, 3, 6, 10, 15, 21]],
    [sum(6, { exclusive: 1 }), [0, 1, 3, 6, 10, 15]],
    [sum(6, { reverse: 1 }), [21, 20, 18, 15, 11, 6]],
    [sum(3, { reverse: 1, exclusive: 1 }), [5, 3, 0]],
    [sum(1, { exclusive: 1 }), [0]],
    [sum(3, { exclusive: 1 }, 'CumProd'), [1, 1, 2]],
  ])('%#', async (one, expected) => {
    const size = one.inputs.x?.[0] ?? 0;
    expect((await runNode(one, SIX.slice(0, size)))[0]?.data).toEqual(expected);
  });

  test("don't spread an infinity backwards", async () => {
    expect((await runNode(sum(3, {}), [1, Infinity, 2]))[0]?.data).toEqual([1, Infinity, Infinity]);
  });
});

test('Concat of tensors without elements has all of their places', async () => {
  const one: OneNode = {
    op: 'Shape',
    operands: ['joined'],
    inputs: { x: [2, 1] },
    tensors: [intTensor('none', [2], [1, 0])],
    before: [
      onnxNode('Expand', ['x', 'none'], ['part']),
      onnxNode('Concat', ['part', 'part'], ['joined'], { axis: 0 }),
    ],
  };
  expect((await runNode(one, [1, 2]))[0]?.data).toEqual([4, 0]);
});
