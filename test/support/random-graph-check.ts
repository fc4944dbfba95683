/** The property that random graphs are for: compiled C gives the reference's bits. */
import { expect } from 'vitest';
import type { TensorData } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { randomGraph } from './random-graph.ts';
import { type Build, runCompiled } from './run-compiled.ts';

/** Compiles and runs the graphs of these seeds, two at a time. */
export async function checkRandomGraphs(first: number, count: number, build: Build) {
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < first + count) {
      const seed = next++;
      const { graph, inputs } = randomGraph(seed);
      const expected = new Interpreter(graph).run(inputs);
      const [outputs] = await runCompiled(graph, build, [inputs]);
      expect(outputs?.map(withoutSignedZeros), `seed ${seed}`).toEqual(
        expected.map(withoutSignedZeros),
      );
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Float chains that are folded may turn -0 to 0; every other bit must stay. */
function withoutSignedZeros(values: TensorData): TensorData {
  return values instanceof Float32Array ? values.map((value) => value + 0) : values;
}
