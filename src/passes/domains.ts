/**
 * Which values hold two numbers only: ±1 after a sign, 0 and 1 after a heaviside or a comparison, and
 * what is made of those by ops that copy or choose elements, or exchange the two numbers.
 */
import { type Graph, getValue } from '../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { isIdentity, unaryFunction } from '../ir/traits.ts';
import { uniformValue } from './affine.ts';

export type Domain = 'plusMinusOne' | 'zeroOne';

/** The values with a domain. */
export function findDomains(graph: Graph): Map<ValueId, Domain> {
  const domains = new Map<ValueId, Domain>();
  for (const node of graph.nodes) {
    const domain = domainOf(node, domains, graph);
    if (domain) domains.set(node.output, domain);
  }
  return domains;
}

/** The domain of what a node computes, from those of its operands. */
export function domainOf(
  node: Node,
  domains: ReadonlyMap<ValueId, Domain>,
  graph: Pick<Graph, 'values'>,
): Domain | undefined {
  const [first, ...rest] = node.inputs.map((id) => domains.get(id));
  switch (node.op) {
    case 'unary':
      if (node.attrs.unary.fn === 'sign') return 'plusMinusOne';
      if (node.attrs.unary.fn === 'heaviside') return 'zeroOne';
      return first && mapped(first, unaryFunction(node.attrs.unary));
    case 'batchNorm':
      return first && mapped(first, affineFunction(node, graph));
    case 'compare':
      return 'zeroOne';
    case 'cast':
      return getValue(graph, node.output).type.dtype === 'f32' ? first : undefined;
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'tile':
    case 'maxPool2d':
    case 'gather':
      return first;
    case 'reduce':
      return node.attrs.fn === 'max' || node.attrs.fn === 'min' ? first : undefined;
    case 'concat':
      return rest.every((domain) => domain === first) ? first : undefined;
    case 'where':
      return rest[0] === rest[1] ? rest[0] : undefined;
    case 'pad':
      return first && holds(first, node.attrs.value) ? first : undefined;
    case 'resize2d':
      return node.attrs.mode === 'nearest' ? first : undefined;
    default:
      return undefined;
  }
}

function holds(domain: Domain, value: number): boolean {
  return NUMBERS[domain].includes(value);
}

const NUMBERS: { readonly [D in Domain]: readonly number[] } = {
  plusMinusOne: [-1, 1],
  zeroOne: [0, 1],
};

/** What a function makes of the numbers of a domain. */
function mapped(domain: Domain, map: ((x: number) => number) | undefined): Domain | undefined {
  const values = map && NUMBERS[domain].map(map);
  if (!values || values[0] === values[1]) return undefined;
  if (values.every((value) => holds('plusMinusOne', value))) return 'plusMinusOne';
  return values.every((value) => holds('zeroOne', value)) ? 'zeroOne' : undefined;
}

/** A batch norm that does the same in all channels, on numbers that it is exact for. */
function affineFunction(
  node: NodeOf<'batchNorm'>,
  graph: Pick<Graph, 'values'>,
): ((x: number) => number) | undefined {
  if (!isIdentity(node.attrs.activation)) return undefined;
  const [mean, scale, offset] = node.inputs.slice(1).map((id) => {
    const { data } = getValue(graph, id);
    return data && uniformValue(data);
  });
  if (mean === undefined || scale === undefined || offset === undefined) return undefined;
  return (x) => (x - mean) * scale + offset;
}
