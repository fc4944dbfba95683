/** The C of three small networks, to be read in review. `npm run test:update` writes them anew. */
import { describe, expect, test } from 'vitest';
import { emitC, type OutputFile } from '../../src/emit/c.ts';
import { emitJs } from '../../src/emit/js.ts';
import { type PortType, tensorOf } from '../../src/ir/elements.ts';
import { type Graph, getValue } from '../../src/ir/graph.ts';
import { IDENTITY, type ValueId } from '../../src/ir/ops.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { SmallNet } from '../support/small-net.ts';
import { classifier } from '../support/typed-graphs.ts';

/** Convolutions of each kind, a pool of bits, a mean and a dense layer. */
function imageNet(): Graph {
  const net = new SmallNet();
  let x = net.conv(net.input([1, 8, 8, 3], 'image'), 8, { sign: true, name: 'stem' });
  x = net.conv(x, 8, { sign: true, binaryWeights: true, name: 'block_1/conv' });
  const pool = { size: [2, 2], strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  x = net.add('maxPool2d', pool, [x], 'block_1/pool');
  const activation = { fn: 'leakyRelu', alpha: 0.1 } as const;
  x = net.conv(x, 4, { binaryWeights: true, activation, name: 'block_2/conv' });
  x = net.add('reduce', { fn: 'mean', axes: [1, 2], keepDims: false }, [x], 'mean');
  x = net.dense(x, 3, { name: 'logits' });
  return net.finish([net.add('softmax', { variant: 'softmax', axis: 1 }, [x], 'softmax')], 'image');
}

/** Two inputs, two outputs, names that try to escape. */
function evilNet(): Graph {
  const net = new SmallNet();
  const left = net.input([1, 4], '*/ system("x"); /*');
  const right = net.input([1, 4], '../../evil');
  const sum = net.add('binary', { fn: 'add', activation: IDENTITY }, [left, right], '"; }\n#if 0');
  return net.finish([sum, net.dense(sum, 2, { name: '*/ system("x"); /*' })], '../../evil');
}

function filesOf(graph: Graph, weights: 'file' | 'embed', trace: boolean): OutputFile[] {
  const target = targetNamed('portable');
  const program = planProgram(graph, target, { name: graph.name, kernels: loadKernelSources() });
  const few = (ids: readonly ValueId[], floats: readonly number[]) =>
    ids.map((id) => {
      const dtype = getValue(graph, id).type.dtype as PortType;
      return tensorOf(dtype, dtype === 'f32' ? floats : [1, 0, 1]);
    });
  const cases = [
    {
      inputs: few(graph.inputs, [0.5, -1, 1.984375]),
      outputs: few(graph.outputs, [1 / 3, -0, 1e-20]),
    },
  ];
  const files = emitC(program, loadKernelSources(), { weights, cases, trace });
  return [...files, ...emitJs(program)];
}

/** The kernels are reviewed where they are written. */
function withoutKernels(text: string): string {
  return text.replace(
    /(\/\* ---- Kernels ---- \*\/\n)[\s\S]*(\n\/\* ---- The network ---- \*\/)/,
    '$1…$2',
  );
}

describe.each([
  ['image', imageNet(), 'file', false],
  ['evil', evilNet(), 'embed', true],
  ['classifier', classifier(), 'file', false],
] as const)('%s', (folder, graph, weights, trace) => {
  const files = filesOf(graph, weights, trace);

  test.each(files.map(({ path, data }) => [path, data] as const))('%s', async (path, data) => {
    if (typeof data !== 'string') return expect(path).toBe(`${folder}.weights`);
    await expect(withoutKernels(data)).toMatchFileSnapshot(`golden/${folder}/${path}`);
  });

  test('file names have no folders', () => {
    for (const { path } of files) expect(path).toMatch(/^[A-Za-z0-9_]+(\.[a-z.]+)?$/);
  });
});
