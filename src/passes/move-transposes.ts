/**
 * Transposes cancel, through whatever stands between them that can as well run on transposed
 * operands:
 *
 *   transpose(f(transpose⁻¹(x)))  → f'(x)          elementwise f, pad, slice, concat, reduce, …
 *   transpose(transpose(x))       → transpose(x)   or nothing
 *   dense(flatten(transpose x))   → dense(flatten x)      with the rows of the weights permuted
 *   transpose(x)                  → reshape(x)     when only axes of size 1 change places
 *
 * Sources with channels first come in as layers between transposes; this is what makes them NHWC
 * throughout. Which nodes run in which order is chosen for whole regions at once, so that the
 * transposes that are left move as few elements as possible (`layout/`), and never more than the
 * source's do. Where there is a choice a constant per channel lies along the last axis, since there
 * it can be folded into a layer.
 */
import { elementCount, type Graph, getValue } from '../ir/graph.ts';
import type { NodeOf, ValueId } from '../ir/ops.ts';
import { Applier } from './layout/apply.ts';
import { chooseLetters } from './layout/choose.ts';
import { joinTransposes } from './layout/join.ts';
import { Region } from './layout/region.ts';
import type { Pass } from './pass.ts';
import { isOp, Rewriter } from './rewrite.ts';

/** What one round leaves may cancel in the next, where axes were permuted in several ways. */
const MOST_ROUNDS = 4;

export const moveTransposes: Pass = {
  name: 'move-transposes',
  summary: 'run what stands between transposes in the order that makes them cancel',
  run(graph) {
    let current = joinTransposes(graph);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = transposedElements(current);
      if (before === 0) break;
      const moved = joinTransposes(moveInRegions(current));
      const after = transposedElements(moved);
      if (after <= before) current = moved;
      if (after >= before) break;
    }
    return current;
  },
};

function moveInRegions(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  const appliers = new Map<ValueId, () => void>();
  const taken = new Set<ValueId>();
  for (const transpose of largestFirst(graph)) {
    const region = new Region(rewriter, transpose, (id) => taken.has(id));
    const choice = region.members.size > 0 ? chooseLetters(rewriter, region) : undefined;
    for (const id of region.members.keys()) taken.add(id);
    for (const id of region.runners.keys()) taken.add(id);
    if (!choice) continue;
    const applier = new Applier(rewriter, region, choice);
    for (const [id, runner] of region.runners) appliers.set(id, () => applier.apply(runner));
  }
  rewriter.visit((node) => appliers.get(node.output)?.());
  return rewriter.finish();
}

function largestFirst(graph: Graph): NodeOf<'transpose'>[] {
  const size = ({ output }: NodeOf<'transpose'>) =>
    elementCount(getValue(graph, output).type.shape);
  return transposesOf(graph).sort((a, b) => size(b) - size(a));
}

function transposesOf(graph: Graph): NodeOf<'transpose'>[] {
  return graph.nodes.flatMap((node) => (isOp(node, 'transpose') ? [node] : []));
}

/** How many elements all transposes of a graph move. */
export function transposedElements(graph: Graph): number {
  return transposesOf(graph).reduce((sum, { output }) => {
    return sum + elementCount(getValue(graph, output).type.shape);
  }, 0);
}
