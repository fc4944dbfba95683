/** Moving transposes, and all passes together, keep every bit of random graphs full of them. */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { printGraph } from '../../src/ir/print.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { optimize } from '../../src/passes/index.ts';
import { moveTransposes, transposedElements } from '../../src/passes/move-transposes.ts';
import { randomLayoutGraph } from '../support/random-layout-graph.ts';

const GRAPHS = 600;

describe('random layouts', () => {
  test.each(Array.from({ length: GRAPHS / 50 }, (_, i) => i))('group %i', (group) => {
    for (let seed = group * 50; seed < group * 50 + 50; seed++) checkSeed(seed);
  });

  test('lose most of their transposes', () => {
    let [before, after] = [0, 0];
    for (let seed = 0; seed < GRAPHS; seed++) {
      const { graph } = randomLayoutGraph(seed);
      before += transposedElements(graph);
      after += transposedElements(moveTransposes.run(graph));
    }
    expect(after / before).toBeLessThan(0.3);
  });
});

function checkSeed(seed: number): void {
  const { graph, inputs } = randomLayoutGraph(seed);
  verifyGraph(graph, 'source');
  const expected = new Interpreter(graph).run(inputs).map(withoutSignedZeros);
  const moved = moveTransposes.run(graph);
  for (const lowered of [moved, optimize(graph), optimize(graph, { binary: false })]) {
    verifyGraph(lowered, 'lowered');
    const outputs = new Interpreter(lowered).run(inputs).map(withoutSignedZeros);
    expect(outputs, explain(seed, graph, lowered)).toEqual(expected);
  }
  const elements = [transposedElements(graph), transposedElements(moved)] as const;
  expect(elements[1], explain(seed, graph, moved)).toBeLessThanOrEqual(elements[0]);
}

function withoutSignedZeros(data: ArrayLike<number>): number[] {
  return Array.from(data, (value) => value + 0);
}

function explain(seed: number, source: Graph, lowered: Graph): string {
  return `seed ${seed}\n${printGraph(source)}\n${printGraph(lowered)}`;
}
