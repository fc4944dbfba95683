/**
 * Constant folding: what depends on constants alone is computed now, by the reference interpreter,
 * so that there is one definition of every op. Latent weights become ±1 weights here.
 *
 * Not folded: what the network returns (an output is computed by a node), and results above
 * `MAX_FOLDED`, which would only make the weight file larger.
 */
import { elementCount, type Graph, type TensorData } from '../ir/graph.ts';
import type { Node, ValueId } from '../ir/ops.ts';
import { Interpreter } from '../ir/reference/interpreter.ts';
import { workOf } from '../ir/work.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

/** Elements of the largest result that is folded: weights of 64 million parameters. */
const MAX_FOLDED = 2 ** 26;

/** Elements that folding may compute in all, and more where the model itself holds more. */
const MAX_WORK = 2 ** 26;
const WORK_PER_CONSTANT = 8;

export const foldConstants: Pass = {
  name: 'fold-constants',
  summary: 'compute what depends on constants alone',
  run(graph) {
    const rewriter = new Rewriter(graph);
    const folded = foldableNodes(rewriter, graph);
    if (folded.length === 0) return rewriter.finish();
    const results = keptResults(rewriter, folded);
    for (const [id, data] of evaluate(graph, folded, results)) rewriter.makeConstant(id, data);
    return rewriter.finish();
  },
};

function foldableNodes(rewriter: Rewriter, graph: Graph): Node[] {
  const found: Node[] = [];
  const known = new Set<ValueId>();
  let stored = 0;
  for (const { type, data } of graph.values.values()) if (data) stored += elementCount(type.shape);
  let left = MAX_WORK + WORK_PER_CONSTANT * stored;
  rewriter.visit((node) => {
    const isKnown = (id: ValueId) => known.has(id) || rewriter.isConstant(id);
    if (rewriter.isOutput(node.output) || !node.inputs.every(isKnown)) return;
    const type = rewriter.type(node.output);
    const inputs = node.inputs.map((id) => rewriter.type(id));
    const work = workOf(node, inputs, type);
    if (elementCount(type.shape) > MAX_FOLDED || work > left) return;
    left -= work;
    known.add(node.output);
    found.push(node);
  });
  return found;
}

/** Of the folded values those that the rest of the graph reads. */
function keptResults(rewriter: Rewriter, folded: readonly Node[]): ValueId[] {
  const inside = new Set(folded.map((node) => node.output));
  return folded
    .map((node) => node.output)
    .filter((id) => rewriter.consumers(id).some((reader) => !inside.has(reader.output)));
}

function evaluate(
  graph: Graph,
  nodes: readonly Node[],
  outputs: readonly ValueId[],
): [ValueId, TensorData][] {
  const part: Graph = { name: graph.name, values: graph.values, nodes, inputs: [], outputs };
  const results = new Interpreter(part).run([]);
  return outputs.map((id, index) => [id, results[index] as TensorData]);
}
