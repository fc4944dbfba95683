/** What the importer says about whole models: names, order, open sizes, files beside them. */
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openModel } from '../../../src/cli/model-file.ts';
import { compileGraph } from '../../../src/compile.ts';
import { BinarynetError, type Problem } from '../../../src/errors.ts';
import { importModel } from '../../../src/import/index.ts';
import { type Graph, getValue } from '../../../src/ir/graph.ts';
import { Interpreter } from '../../../src/ir/reference/interpreter.ts';
import { targetNamed } from '../../../src/plan/targets.ts';
import { loadKernelSources } from '../../../src/toolchain/kernel-sources.ts';
import {
  externalTensor,
  floatTensor,
  intTensor,
  type ModelParts,
  onnxModel,
  onnxNode,
} from '../../support/onnx-writer.ts';

const noFiles = () => Promise.reject(new Error('no file is to be read'));

function importParts(
  parts: ModelParts,
  shapes?: Readonly<Record<string, readonly number[]>>,
): Promise<Graph> {
  const source = { name: 'net.onnx', bytes: onnxModel(parts), sibling: noFiles };
  return importModel(source, shapes ? { shapes } : {});
}

async function problemsOf(action: () => Promise<unknown>): Promise<readonly Problem[]> {
  const error = await action().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BinarynetError) return error.problems;
  throw new Error('expected a BinarynetError', { cause: error });
}

const RELU = onnxNode('Relu', ['x'], ['y'], {}, 'relu');

describe('nodes', () => {
  test('out of order are put in order', async () => {
    const nodes = [onnxNode('Neg', ['h'], ['y']), onnxNode('Abs', ['x'], ['h'])];
    const graph = await importParts({ inputs: { x: [3] }, outputs: ['y'], nodes });
    expect(new Interpreter(graph).run([[-1, 2, -3]])).toEqual([Float32Array.of(-1, -2, -3)]);
  });

  test('in a cycle are a problem', async () => {
    const nodes = [onnxNode('Add', ['x', 'b'], ['a'], {}, 'one'), onnxNode('Neg', ['a'], ['b'])];
    const [problem] = await problemsOf(() =>
      importParts({ inputs: { x: [3] }, outputs: ['b'], nodes }),
    );
    expect(problem).toMatchObject({ code: 'corrupt', file: 'net.onnx', node: { name: 'one' } });
    expect(problem?.found).toContain('cycle');
  });

  test('that nothing needs may be anything', async () => {
    const nodes = [RELU, onnxNode('Einsum', ['x'], ['z'])];
    const graph = await importParts({ inputs: { x: [3] }, outputs: ['y'], nodes });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['unary']);
  });

  test('of unknown operators are all named at once', async () => {
    const nodes = [
      onnxNode('Einsum', ['x'], ['a'], {}, 'first'),
      onnxNode('Relu', ['a'], ['b']),
      onnxNode('NonZero', ['b'], ['y'], {}, 'second'),
    ];
    const problems = await problemsOf(() =>
      importParts({ inputs: { x: [3] }, outputs: ['y'], nodes }),
    );
    expect(problems.map(({ node }) => node)).toEqual([
      { name: 'first', op: 'Einsum' },
      { name: 'second', op: 'NonZero' },
    ]);
  });

  test('that are refused are all named, those behind them not', async () => {
    const nodes = [
      onnxNode('Reshape', ['x', 's'], ['a'], {}, 'first'),
      onnxNode('Relu', ['a'], ['b']),
      onnxNode('Softmax', ['x'], ['c'], { axis: 7 }, 'second'),
      onnxNode('Add', ['b', 'c'], ['y']),
    ];
    const initializers = [intTensor('s', [1], [5])];
    const problems = await problemsOf(() =>
      importParts({ inputs: { x: [3] }, outputs: ['y'], nodes, initializers }),
    );
    expect(problems.map(({ node }) => node?.name)).toEqual(['first', 'second']);
  });

  test('that compute one name twice, or read one that nothing computes, are a problem', async () => {
    const twice = [onnxNode('Abs', ['x'], ['y']), RELU];
    const inputs = { x: [3] };
    const problems = [
      ...(await problemsOf(() => importParts({ inputs, outputs: ['y'], nodes: twice }))),
      ...(await problemsOf(() =>
        importParts({ inputs, outputs: ['y'], nodes: [onnxNode('Abs', ['z'], ['y'])] }),
      )),
      ...(await problemsOf(() => importParts({ inputs, outputs: ['q'], nodes: [RELU] }))),
    ];
    expect(problems.map(({ code }) => code)).toEqual(['corrupt', 'corrupt', 'corrupt']);
    expect(problems.map(({ found }) => found)).toEqual([
      'Two nodes compute "y".',
      'It reads "z", which nothing computes.',
      'Nothing computes the output "q".',
    ]);
  });

  test('10,000 in a chain take seconds', async () => {
    const count = 10_000;
    const nodes = Array.from({ length: count }, (_, i) => {
      const ops = ['Relu', 'Neg', 'Sigmoid', 'Identity'];
      return onnxNode(ops[i % ops.length] as string, [`v${i}`], [`v${i + 1}`]);
    });
    const parts = { inputs: { v0: [1, 4] }, outputs: [`v${count}`], nodes };
    const start = performance.now();
    const graph = await importParts(parts);
    const { program } = compileGraph(graph, {
      target: targetNamed('portable'),
      kernels: loadKernelSources(),
    });
    expect(program.calls.length).toBeGreaterThan(1000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('open sizes', () => {
  test('on the first axis are a batch of one, wherever they are named', async () => {
    const inputs = { x: ['batch', 3], z: ['batch', 1] };
    const nodes = [onnxNode('Add', ['x', 'z'], ['y'])];
    const graph = await importParts({ inputs, outputs: ['y'], nodes });
    expect(graph.inputs.map((id) => getValue(graph, id).type.shape)).toEqual([
      [1, 3],
      [1, 1],
    ]);
  });

  test('elsewhere are refused with their names, and can be given', async () => {
    const parts = { inputs: { x: ['batch', 3, 'height'] }, outputs: ['y'], nodes: [RELU] };
    const [problem] = await problemsOf(() => importParts(parts));
    expect(problem).toEqual({
      code: 'unsupported',
      file: 'net.onnx',
      found: 'The input "x" has open sizes ("height"): its shape is [batch, 3, height].',
      fix: 'Fix them with --shape x=1,3,N.',
    });
    const graph = await importParts(parts, { x: [1, 3, 8] });
    expect(getValue(graph, graph.outputs[0] as number).type.shape).toEqual([1, 3, 8]);
  });

  test('are no batch where their name stands behind an open first axis, too', async () => {
    const parts = { inputs: { x: ['N', 3, 'N'] }, outputs: ['y'], nodes: [RELU] };
    expect(await problemsOf(() => importParts(parts))).toMatchObject([
      { found: 'The input "x" has open sizes ("N", "N"): its shape is [N, 3, N].' },
    ]);
    const inputs = { x: ['batch', 'length'], places: ['length'] };
    const nodes = [onnxNode('Add', ['x', 'places'], ['y'])];
    const sequences = { inputs, outputs: ['y'], nodes };
    expect(await problemsOf(() => importParts(sequences))).toMatchObject([
      { found: expect.stringContaining('("length")') },
    ]);
    const graph = await importParts(sequences, { places: [5] });
    expect(getValue(graph, graph.outputs[0] as number).type.shape).toEqual([1, 5]);
  });

  test('of a batch that is the second axis of a state are one', async () => {
    const inputs = { x: ['batch', 3], state: [2, 'batch', 3] };
    const nodes = [onnxNode('Add', ['x', 'state'], ['y'])];
    const graph = await importParts({ inputs, outputs: ['y'], nodes });
    expect(getValue(graph, graph.outputs[0] as number).type.shape).toEqual([2, 1, 3]);
  });

  test('that are given must fit, and be of an input', async () => {
    const parts = { inputs: { x: ['batch', 3] }, outputs: ['y'], nodes: [RELU] };
    for (const shapes of [{ x: [1, 4] }, { x: [3] }, { z: [1, 3] }]) {
      expect(await problemsOf(() => importParts(parts, shapes))).toMatchObject([{ code: 'usage' }]);
    }
  });
});

describe('sizes and files', () => {
  test('dims whose product passes 2^53 are a problem', async () => {
    const huge = floatTensor('w', [2 ** 30, 2 ** 30], [1]);
    const nodes = [onnxNode('Add', ['x', 'w'], ['y'])];
    const parts = { inputs: { x: [1] }, outputs: ['y'], nodes, initializers: [huge] };
    expect(await problemsOf(() => importParts(parts))).toMatchObject([{ file: 'net.onnx' }]);
    const input = { inputs: { x: [2 ** 30, 2 ** 30] }, outputs: ['y'], nodes: [RELU] };
    expect(await problemsOf(() => importParts(input))).toMatchObject([{ code: 'too-large' }]);
  });

  /** A model with a weight in another file, in a folder of its own. */
  function withExternal(location: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'binarynet-external-'));
    const initializers = [externalTensor('w', [2], { location, offset: '4', length: '8' })];
    const nodes = [onnxNode('Add', ['x', 'w'], ['y'])];
    const parts = { inputs: { x: [2] }, outputs: ['y'], nodes, initializers };
    writeFileSync(join(folder, 'net.onnx'), onnxModel(parts));
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(7, 1, 2).buffer));
    writeFileSync(join(folder, 'short.bin'), new Uint8Array(8));
    symlinkSync('/etc/hostname', join(folder, 'link.bin'));
    return join(folder, 'net.onnx');
  }

  test('weights in another file are read from where they lie', async () => {
    const graph = await importModel(await openModel(withExternal('weights.bin')));
    expect(new Interpreter(graph).run([[10, 20]])).toEqual([Float32Array.of(11, 22)]);
  });

  test.each([
    ['a missing file', 'missing.bin', /missing\.bin/],
    ['a file that is too short', 'short.bin', /short\.bin|bytes/],
    ['a path out of the folder', '../../etc/passwd', /folder/],
    ['an absolute path', '/etc/passwd', /folder/],
    ['a link out of the folder', 'link.bin', /folder/],
  ])('%s is a problem that names the model', async (_, location, found) => {
    const path = withExternal(location);
    const [problem] = await problemsOf(async () => importModel(await openModel(path)));
    expect(JSON.stringify(problem)).toContain('net.onnx');
    expect(JSON.stringify(problem)).toMatch(found);
  });
});

test.each([6, 29])('version %i of the operators is refused', async (opset) => {
  const parts = { inputs: { x: [3] }, outputs: ['y'], nodes: [RELU], opset };
  const [problem] = await problemsOf(() => importParts(parts));
  expect(problem?.fix).toContain('Versions 7 to 28');
});

test('inputs and constants can be outputs', async () => {
  const initializers = [floatTensor('c', [2], [5, 6])];
  const nodes = [onnxNode('Relu', ['x'], ['y'])];
  const graph = await importParts({
    inputs: { x: [2] },
    outputs: ['x', 'c', 'y', 'y'],
    nodes,
    initializers,
  });
  const run = new Interpreter(graph).run([[-1, 2]]);
  const [x, c, y] = [Float32Array.of(-1, 2), Float32Array.of(5, 6), Float32Array.of(0, 2)];
  expect(run).toEqual([x, c, y, y]);
});
