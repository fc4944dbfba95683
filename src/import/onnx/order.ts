/**
 * The nodes that a graph's outputs need, in an order in which each comes after what it reads. Files
 * should have them in order already; not all do. Names are resolved with loops instead of recursion:
 * chains may be tens of thousands of nodes long.
 */
import { fail } from '../../errors.ts';
import type { OnnxGraph, OnnxNode } from '../../formats/onnx/model.ts';

export interface NodeOrder {
  readonly nodes: readonly OnnxNode[];
  /** All names that these nodes, their branches and the outputs read. */
  readonly reads: ReadonlySet<string>;
}

/** Throws `corrupt` for a cycle, and for a name that two nodes compute. */
export function orderNodes(nodes: readonly OnnxNode[], outputs: readonly string[]): NodeOrder {
  const producers = producersByName(nodes);
  const reads = new Set<string>(outputs);
  const needed = new Set<OnnxNode>();
  const waiting = [...outputs];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = producers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    for (const read of namesRead(node)) {
      reads.add(read);
      waiting.push(read);
    }
  }
  return {
    nodes: sorted(
      nodes.filter((node) => needed.has(node)),
      producers,
    ),
    reads,
  };
}

function producersByName(nodes: readonly OnnxNode[]): Map<string, OnnxNode> {
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (producers.has(name)) {
        fail({
          code: 'corrupt',
          found: `Two nodes compute "${name}".`,
          fix: 'Check the model with onnx.checker.check_model, and export it again.',
          node: nodeLabel(node),
        });
      }
      producers.set(name, node);
    }
  }
  return producers;
}

/** What a node reads: its inputs, and what its branches take from around it. */
function namesRead(node: OnnxNode): string[] {
  const branches = [...node.attributes.values()].flatMap((attribute) =>
    attribute.kind === 'graph' ? namesOfBranch(attribute.value) : [],
  );
  return [...node.inputs.filter((name) => name !== ''), ...branches];
}

function namesOfBranch({ nodes, outputs }: OnnxGraph): string[] {
  return [...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)];
}

/** A node goes out when all nodes that it waits for are out (Kahn's algorithm). */
function sorted(
  nodes: readonly OnnxNode[],
  producers: ReadonlyMap<string, OnnxNode>,
): readonly OnnxNode[] {
  const readers = new Map<OnnxNode, OnnxNode[]>();
  const missing = new Map<OnnxNode, number>();
  for (const node of nodes) {
    const sources = new Set(namesRead(node).flatMap((name) => producers.get(name) ?? []));
    missing.set(node, sources.size);
    for (const source of sources) {
      const list = readers.get(source);
      if (list) list.push(node);
      else readers.set(source, [node]);
    }
  }
  const order = nodes.filter((node) => missing.get(node) === 0);
  for (const node of order) {
    for (const reader of readers.get(node) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) order.push(reader);
    }
  }
  const stuck = nodes.find((node) => (missing.get(node) ?? 0) > 0);
  if (stuck) {
    fail({
      code: 'corrupt',
      found: 'It is part of a cycle: it reads, by way of other nodes, what it computes itself.',
      fix: 'Check the model with onnx.checker.check_model, and export it again.',
      node: nodeLabel(stuck),
    });
  }
  return order;
}

/** How messages name a node: by what it computes, where it has no name. */
export function nodeLabel(node: OnnxNode): { name: string; op: string } {
  const name = node.name || node.outputs.find((output) => output !== '') || '(no name)';
  return { name, op: node.opType };
}
