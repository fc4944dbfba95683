/** ONNX's Sign where a layer reads it: +1 at 0 in the source too, where 0 is chance. */
import { describe, expect, test } from 'vitest';
import { readModel } from '../../src/compile.ts';
import { fail } from '../../src/errors.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { binaryFixtures } from '../support/onnx-fixtures.ts';
import { floatTensor, onnxModel, onnxNode } from '../support/onnx-writer.ts';

const W = floatTensor('w', [2, 2], [1, -1, 1, 1]);
const MATMUL = onnxNode('MatMul', ['s', 'w'], ['y'], {}, 'matmul');

function read(nodes: readonly Uint8Array[], binary = true): Promise<Graph> {
  const bytes = onnxModel({ inputs: { x: [1, 2] }, outputs: ['y'], nodes, initializers: [W] });
  const sibling = () => fail({ code: 'not-found', found: 'there is no file beside it' });
  return readModel({ name: 'net.onnx', bytes, sibling }, { binary });
}

const outputs = (graph: Graph, ...x: readonly number[]) =>
  Array.from(new Interpreter(graph).run([x])[0] ?? []);

describe('a Sign that a layer reads', () => {
  const sign = onnxNode('Sign', ['x'], ['s'], {}, 'sign');

  test('counts 0 as +1, and says so', async () => {
    const graph = await read([sign, MATMUL]);
    expect(graph.notes).toEqual(['Sign counts an exact 0 as +1 in "sign".']);
    expect(outputs(graph, 0, -3)).toEqual([0, -2]);
  });

  test('is found behind a clip', async () => {
    const clipped = [
      onnxNode('Sign', ['x'], ['h'], {}, 'sign'),
      onnxNode('Clip', ['h', 'low', 'high'], ['s']),
    ];
    const bytes = onnxModel({
      inputs: { x: [1, 2] },
      outputs: ['y'],
      nodes: [...clipped, MATMUL],
      initializers: [W, floatTensor('low', [], [-1]), floatTensor('high', [], [1])],
    });
    const sibling = () => fail({ code: 'not-found', found: 'there is no file beside it' });
    const graph = await readModel({ name: 'net.onnx', bytes, sibling });
    expect(graph.notes).toHaveLength(1);
    expect(outputs(graph, 0, -3)).toEqual([0, -2]);
  });

  test('stays as it is without bits', async () => {
    const graph = await read([sign, MATMUL], false);
    expect(graph.notes).toBeUndefined();
    expect(outputs(graph, 0, -3)).toEqual([-1, -1]);
  });

  test('of a relu stays ternary', async () => {
    const nodes = [
      onnxNode('Relu', ['x'], ['h']),
      onnxNode('Sign', ['h'], ['s'], {}, 'sign'),
      MATMUL,
    ];
    const graph = await read(nodes);
    expect(graph.notes).toBeUndefined();
    expect(outputs(graph, 0, -3)).toEqual([0, 0]);
  });
});

test('a Sign that no layer reads gives 0 for 0', async () => {
  const graph = await read([onnxNode('Sign', ['x'], ['y'])]);
  expect(outputs(graph, 0, -3)).toEqual([0, -1]);
});

test('Sign(Sign(x) + 0.1) is exact, and nothing is to be said', async () => {
  const fixture = binaryFixtures().find(({ name }) => name === 'binary/sign_plus_0.1');
  const sibling = () => fail({ code: 'not-found', found: 'there is no file beside it' });
  const source = { name: 'net.onnx', bytes: fixture?.model ?? new Uint8Array(), sibling };
  expect((await readModel(source)).notes).toBeUndefined();
});
