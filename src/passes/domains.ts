/**
 * Which values hold two numbers only: ±1 after a sign, 0 and 1 after a heaviside, and what is made
 * of those by ops that copy or choose elements.
 */
import type { Graph } from '../ir/graph.ts';
import type { Node, ValueId } from '../ir/ops.ts';

export type Domain = 'plusMinusOne' | 'zeroOne';

/** The values with a domain. */
export function findDomains(graph: Graph): Map<ValueId, Domain> {
  const domains = new Map<ValueId, Domain>();
  for (const node of graph.nodes) {
    const domain = domainOf(node, domains);
    if (domain) domains.set(node.output, domain);
  }
  return domains;
}

function domainOf(node: Node, domains: ReadonlyMap<ValueId, Domain>): Domain | undefined {
  const [first, ...rest] = node.inputs.map((id) => domains.get(id));
  switch (node.op) {
    case 'unary':
      if (node.attrs.unary.fn === 'sign') return 'plusMinusOne';
      return node.attrs.unary.fn === 'heaviside' ? 'zeroOne' : undefined;
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'tile':
    case 'maxPool2d':
      return first;
    case 'concat':
      return rest.every((domain) => domain === first) ? first : undefined;
    case 'pad':
      return first && holds(first, node.attrs.value) ? first : undefined;
    case 'resize2d':
      return node.attrs.mode === 'nearest' ? first : undefined;
    default:
      return undefined;
  }
}

function holds(domain: Domain, value: number): boolean {
  return domain === 'plusMinusOne' ? Math.abs(value) === 1 : value === 0 || value === 1;
}
