/** Recurrent layers: states, directions and outputs, and what their nodes may not ask for. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, intTensor, onnxNode } from '../../support/onnx-writer.ts';

/** Each step adds the input to the state: weights of one and no limit. */
function sums(directions: number, attributes: OneNode['attributes'] = {}): OneNode {
  const ones = new Array<number>(directions).fill(1);
  return {
    op: 'RNN',
    operands: ['x', 'w', 'r'],
    inputs: { x: [3, 1, 1] },
    tensors: [
      floatTensor('w', [directions, 1, 1], ones),
      floatTensor('r', [directions, 1, 1], ones),
    ],
    attributes: { hidden_size: 1, ...attributes },
    outputs: ['y', 'h'],
  };
}

const tanh = (...values: readonly number[]): number[] => {
  let state = 0;
  return values.map((value) => {
    state = Math.fround(Math.tanh(value + state));
    return state;
  });
};

describe('RNN', () => {
  test('reads forwards, and backwards with results in the order of time', async () => {
    const [y, h] = await runNode(sums(2, { direction: 'bidirectional' }), [1, 0, -1]);
    const [a, b, c] = tanh(1, 0, -1) as [number, number, number];
    const [d, e, f] = tanh(-1, 0, 1) as [number, number, number];
    expect(y).toEqual({ shape: [3, 2, 1, 1], data: [a, f, b, e, c, d] });
    expect(h).toEqual({ shape: [2, 1, 1], data: [c, f] });
  });

  test('with only its last state read keeps no sequence', async () => {
    const graph = await importNode({ ...sums(1), outputs: ['', 'h'] });
    const node = graph.nodes.find(({ op }) => op === 'recurrent');
    expect(node?.attrs).toMatchObject({ returnSequences: false });
  });

  test('starts from a state that may be an input', async () => {
    const one = { ...sums(1), operands: ['x', 'w', 'r', '', '', 's'] };
    const inputs = { x: [1, 1, 1], s: [1, 1, 1] };
    const [y] = await runNode({ ...one, inputs }, [1], [2]);
    expect(y?.data).toEqual([Math.fround(Math.tanh(3))]);
  });

  test('with the batch first has it first in its results', async () => {
    const [y, h] = await runNode(
      { ...sums(1, { layout: 1 }), inputs: { x: [2, 3, 1] } },
      [1, 0, 0, 0, 0, 0],
    );
    expect(y?.shape).toEqual([2, 3, 1, 1]);
    expect(h?.shape).toEqual([2, 1, 1]);
    expect(y?.data).toEqual([...tanh(1, 0, 0), 0, 0, 0]);
  });
});

describe('options', () => {
  const lengths = (...values: readonly number[]): OneNode => {
    const one = sums(1);
    const before = [onnxNode('Cast', ['n'], ['lengths'], { to: 6 })];
    const tensors = [...(one.tensors ?? []), intTensor('n', [values.length], values)];
    return { ...one, operands: ['x', 'w', 'r', '', 'lengths'], tensors, before };
  };

  test('lengths of whole sequences change nothing', async () => {
    const [y] = await runNode(lengths(3), [1, 0, -1]);
    expect(y?.data).toEqual(tanh(1, 0, -1));
  });

  test.each<[string, string, OneNode]>([
    ['unsupported', 'end early, after 2', lengths(2)],
    ['unsupported', '(clip)', sums(1, { clip: { float: 3 } })],
    ['unsupported', 'Its direction is "both"', sums(1, { direction: 'both' })],
    ['unsupported', 'gates are coupled', { ...sums(1, { input_forget: 1 }) }],
    ['corrupt', 'weights are for 1 directions', sums(1, { direction: 'bidirectional' })],
    ['corrupt', 'hidden_size is 7', sums(1, { hidden_size: 7 })],
    ['corrupt', 'input has the shape [3, 1]', { ...sums(1), inputs: { x: [3, 1] } }],
  ])('%s: %s', async (code, text, one) => {
    const problem = await problemOf(one);
    expect(problem.code).toBe(code);
    expect(problem.found).toContain(text);
  });
});
