/**
 * The ONNX project's tests of single operators through compiled C, with the address and
 * undefined-behaviour sanitizers. Each test gives the recorded outputs or is refused with a reason;
 * `npm run docs:onnx` writes the table of docs/onnx.md from them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { STANDARD_OPERATORS } from '../../src/import/onnx/operators/index.ts';
import { coverageText, type NodeTestResult, operatorOf } from '../support/onnx-coverage.ts';
import { type NodeTest, nodeTests, operatorsOf, runNodeTest } from '../support/onnx-node-tests.ts';
import { runCompiled, SANITIZED_GCC } from '../support/run-compiled.ts';
import { findTool, testWith } from '../support/tools.ts';

const PAGE = new URL('../../docs/onnx.md', import.meta.url);
const TABLE = /(<!-- table -->\n)[\s\S]*(<!-- end of table -->)/;

interface Listed extends NodeTest {
  readonly operators: readonly string[];
}

const hasTools = findTool('gcc') !== undefined && findTool('test data') !== undefined;
const listed: Listed[] = hasTools
  ? nodeTests().map((nodeTest) => ({ ...nodeTest, operators: operatorsOf(nodeTest) }))
  : [];
const results: NodeTestResult[] = [];

describe('ONNX node tests in C', () => {
  if (!hasTools) testWith(['gcc', 'test data'], 'all of them', () => {});
  for (const operator of [...new Set(listed.map(operatorOf))].sort()) {
    test(operator, async () => {
      const tests = listed.filter((nodeTest) => operatorOf(nodeTest) === operator);
      for (const nodeTest of tests) results.push(await resultOf(nodeTest));
      const differing = results.slice(-tests.length).filter(isDifferent);
      expect(differing).toEqual([]);
    });
  }
  if (hasTools) test('at least 650 pass, and docs/onnx.md says which', checkPage);
});

async function resultOf({ name, folder, operators }: Listed): Promise<NodeTestResult> {
  const build = { ...SANITIZED_GCC, optimization: '-O0' } as const;
  const outcome = await runNodeTest({ name, folder }, async ({ graph, inputs }) => {
    const [outputs] = await runCompiled(graph, build, [inputs]);
    return outputs ?? [];
  });
  return { name, operators, outcome };
}

function isDifferent({ outcome }: NodeTestResult): boolean {
  return outcome.status === 'different';
}

function checkPage(): void {
  const passed = results.filter(({ outcome }) => outcome.status === 'passed');
  expect(passed.length).toBeGreaterThanOrEqual(650);
  const page = readFileSync(PAGE, 'utf8');
  const table = coverageText(results, STANDARD_OPERATORS);
  const written = page.replace(TABLE, (_, start, end) => `${start}\n${table}\n${end}`);
  if (process.env.BINARYNET_WRITE_DOCS) writeFileSync(PAGE, written);
  else expect(page).toBe(written);
}
