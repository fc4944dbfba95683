/** The pipeline as one function: what is left out, and what users are told. */
import { expect, test } from 'vitest';
import { compileGraph } from '../src/compile.ts';
import { GraphBuilder } from '../src/ir/builder.ts';
import { targetNamed } from '../src/plan/targets.ts';
import { loadKernelSources } from '../src/toolchain/kernel-sources.ts';

test('a network too large for the reference has no test program, and says so', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [1, 2 ** 28] });
  const y = builder.add('unary', { unary: { fn: 'relu' } }, [x], { name: 'y', sourceOp: 'Relu' });
  const { files, notes } = compileGraph(builder.finish('net', [y]), {
    target: targetNamed('portable'),
    kernels: loadKernelSources(),
  });
  expect(files.map(({ path }) => path)).toEqual(['net.c', 'net.h', 'net.weights']);
  expect(notes).toHaveLength(1);
});
