/** Small files that ask for much: what is computed, written out or kept while importing is bounded. */
import { describe, expect, test } from 'vitest';
import { BinarynetError, type Problem } from '../../../src/errors.ts';
import { importModel } from '../../../src/import/index.ts';
import type { Graph } from '../../../src/ir/graph.ts';
import {
  emptyTensor,
  floatTensor,
  intTensor,
  type ModelParts,
  onnxFunction,
  onnxModel,
  onnxNode,
} from '../../support/onnx-writer.ts';

async function importParts(parts: Omit<ModelParts, 'outputs'>): Promise<Graph> {
  const bytes = onnxModel({ inputs: { x: [1, 3] }, ...parts, outputs: ['y'] });
  const sibling = () => Promise.reject(new Error('no file is to be read'));
  return importModel({ name: 'net.onnx', bytes, sibling });
}

async function problemOf(parts: Omit<ModelParts, 'outputs'>): Promise<Problem | undefined> {
  const error = await importParts(parts).catch((thrown: unknown) => thrown);
  if (error instanceof BinarynetError) return error.problems[0];
  throw new Error('expected a BinarynetError', { cause: error });
}

/** 4096 x 4096 zeros, made of nothing. */
const LARGE = {
  node: onnxNode('ConstantOfShape', ['size'], ['large']),
  size: intTensor('size', [2], [4096, 4096]),
};

/** Nodes that pass the zeros through an operator again and again, and add what is left to x. */
function chain(op: string, length: number): Uint8Array[] {
  const names = ['large', ...Array.from({ length }, (_, i) => `${op}${i}`)];
  const nodes = names.slice(1).map((name, i) => onnxNode(op, [names[i] as string], [name]));
  const sum = onnxNode('ReduceSum', [names.at(-1) as string], ['sum']);
  return [LARGE.node, ...nodes, sum, onnxNode('Add', ['x', 'sum'], ['y'])];
}

describe('what is computed of constants', () => {
  test('is bounded in all', async () => {
    const parts = { nodes: chain('Exp', 100), initializers: [LARGE.size] };
    const problem = await problemOf(parts);
    expect(problem).toMatchObject({ code: 'too-large', node: { op: 'Exp' } });
  });

  test('is not allowed to be more for weights that nothing reads', async () => {
    const initializers = [LARGE.size, emptyTensor('unread', [2 ** 50])];
    const problem = await problemOf({ nodes: chain('Exp', 100), initializers });
    expect(problem).toMatchObject({ code: 'too-large' });
  });

  test('counts what is read, too', async () => {
    const sums = Array.from({ length: 100 }, (_, i) => onnxNode('ReduceSum', ['large'], [`s${i}`]));
    const all = onnxNode('Sum', ['x', ...sums.map((_, i) => `s${i}`)], ['y']);
    const parts = { nodes: [LARGE.node, ...sums, all], initializers: [LARGE.size] };
    expect(await problemOf(parts)).toMatchObject({ code: 'too-large' });
  });

  test.each([
    ['a product', [onnxNode('MatMul', ['large', 'large'], ['out'])]],
    [
      'a pool',
      [
        onnxNode('Unsqueeze', ['large', 'axes'], ['image']),
        onnxNode('AveragePool', ['image'], ['out'], { kernel_shape: [2048, 2048] }),
      ],
    ],
  ])('counts what each element takes: %s', async (_, nodes) => {
    const sum = [onnxNode('ReduceSum', ['out'], ['s']), onnxNode('Add', ['x', 's'], ['y'])];
    const initializers = [LARGE.size, intTensor('axes', [2], [0, 1])];
    const problem = await problemOf({ nodes: [LARGE.node, ...nodes, ...sum], initializers });
    expect(problem).toMatchObject({ code: 'too-large' });
  });

  test('includes the tables of a resized axis', async () => {
    const resize = onnxNode('Resize', ['x', '', '', 'sizes'], ['y'], { mode: 'linear' });
    const initializers = [intTensor('sizes', [2], [1, 2 ** 23])];
    expect(await problemOf({ nodes: [resize], initializers })).toMatchObject({ code: 'too-large' });
  });
});

describe('functions', () => {
  const call = (op: string) => [onnxNode(op, ['a'], ['t']), onnxNode(op, ['t'], ['b'])];

  test('that call functions that call functions are too large', async () => {
    const functions = Array.from({ length: 30 }, (_, i) =>
      onnxFunction(`f${i}`, ['a'], ['b'], call(i === 0 ? 'Neg' : `f${i - 1}`), 17),
    );
    const problem = await problemOf({ nodes: [onnxNode('f29', ['x'], ['y'])], functions });
    expect(problem).toMatchObject({ code: 'too-large' });
    expect(problem?.found).toBe('Functions and branches make more than 131072 nodes.');
  });

  test('have the versions of the model where they say none, and may not have old ones', async () => {
    const parts = (opset?: number) => ({
      nodes: [onnxNode('f', ['x'], ['y'])],
      functions: [onnxFunction('f', ['a'], ['b'], call('Neg'), opset)],
    });
    expect((await importParts(parts())).nodes).toHaveLength(2);
    expect(await problemOf(parts(6))).toMatchObject({ code: 'unsupported', node: { op: 'f' } });
  });
});

describe('axes', () => {
  const ones = new Array<number>(5000).fill(1);
  const axes = ones.map((_, axis) => axis + 1);

  test.each([
    ['Reshape', intTensor('list', [5000], ones.with(0, 3)), ['x', 'list']],
    ['Unsqueeze', intTensor('list', [5000], axes), ['x', 'list']],
    ['Expand', intTensor('list', [5000], ones), ['x', 'list']],
    ['ConstantOfShape', intTensor('list', [5000], ones), ['list']],
  ])('without end are a problem: %s', async (op, list, operands) => {
    const nodes = [onnxNode(op, operands, ['z']), onnxNode('Neg', ['z'], ['y'])];
    expect(await problemOf({ nodes, initializers: [list] })).toMatchObject({
      code: 'too-large',
      found: expect.stringMatching(/^It makes 500[0-2] axes, more than 64\.$/),
    });
  });
});

test('a branch may be long', async () => {
  const nodes = [onnxNode('If', ['yes'], ['y'], { then_branch: longBranch(140_000) })];
  const initializers = [floatTensor('yes', [], [1])];
  expect(await problemOf({ nodes, initializers })).toMatchObject({ code: 'too-large' });
});

function longBranch(length: number) {
  const nodes = Array.from({ length }, (_, i) =>
    onnxNode('Neg', [i === 0 ? 'x' : `n${i - 1}`], [`n${i}`]),
  );
  return { nodes, output: `n${length - 1}` };
}
