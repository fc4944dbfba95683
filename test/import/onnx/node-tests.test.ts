/**
 * The ONNX project's tests of single operators, imported and run by the reference interpreter:
 * each gives the recorded outputs or is refused with a reason. The same through compiled C is in
 * the slow suite (test/end-to-end/onnx-node-tests.slow.test.ts).
 */
import { expect } from 'vitest';
import { Interpreter } from '../../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../../src/ir/verify.ts';
import { nodeTests, runNodeTest } from '../../support/onnx-node-tests.ts';
import { testWith } from '../../support/tools.ts';

testWith(
  ['test data'],
  'ONNX node tests: right or refused',
  async () => {
    const failures: string[] = [];
    let passed = 0;
    for (const test of nodeTests()) {
      try {
        const outcome = await runNodeTest(test, async ({ graph, inputs }) => {
          verifyGraph(graph, 'source');
          return new Interpreter(graph).run(inputs);
        });
        if (outcome.status === 'passed') passed++;
        if (outcome.status === 'different') failures.push(`${test.name}: ${outcome.difference}`);
      } catch (error) {
        failures.push(`${test.name}: ${error}`);
      }
    }
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThanOrEqual(650);
  },
  120_000,
);
