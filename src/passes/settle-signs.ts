/**
 * What a model's signs mean at 0, settled before anything is compared with it. ONNX's and PyTorch's
 * `Sign` gives 0 for 0, a third number, which no bit holds. Where the pass `ties` takes such a sign
 * of float sums for a binary one, the source graph is made to say so too: 0 counts as +1 there.
 */
import { type Graph, producersOf } from '../ir/graph.ts';
import type { Node, ValueId } from '../ir/ops.ts';
import { PASSES } from './index.ts';
import { ties } from './ties.ts';

/** The graph with those signs as `sign`, and a note that says which; the same graph if there are none. */
export function settleSigns(source: Graph): Graph {
  if (!source.nodes.some(isSignum)) return source;
  const before = upToTies(source);
  const left = signumNames(ties.run(before));
  const taken = new Set(signumNames(before).filter((name) => !left.includes(name)));
  const producers = producersOf(source);
  const settled = new Set(
    source.nodes.flatMap((node) =>
      taken.has(node.name) ? (signumBehind(node, producers) ?? []) : [],
    ),
  );
  if (settled.size === 0) return source;
  const nodes = source.nodes.map((node) =>
    settled.has(node) && node.op === 'unary' ? { ...node, attrs: { unary: SIGN } } : node,
  );
  const names = [...settled].map(({ name }) => name);
  return { ...source, nodes, notes: [...(source.notes ?? []), noteOn(names)] };
}

/** The sign that a node is, or that it changes nothing of, as a clip to ±1 does not. */
function signumBehind(from: Node, producers: ReadonlyMap<ValueId, Node>): Node | undefined {
  let node: Node | undefined = from;
  while (node && !isSignum(node)) {
    node = node.op === 'unary' ? producers.get(node.inputs[0] as ValueId) : undefined;
  }
  return node;
}

const SIGN = { fn: 'sign' } as const;
const MOST_NAMES = 3;

function noteOn(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `Sign counts an exact 0 as +1 in ${shown.join(', ')}${more}.`;
}

function upToTies(source: Graph): Graph {
  return PASSES.slice(0, PASSES.indexOf(ties)).reduce((graph, pass) => pass.run(graph), source);
}

/** Nodes keep their names when passes move them. */
function signumNames(graph: Graph): string[] {
  return graph.nodes.filter(isSignum).map(({ name }) => name);
}

function isSignum(node: Node): boolean {
  return node.op === 'unary' && node.attrs.unary.fn === 'signum';
}
