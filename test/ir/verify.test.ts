/** Legality of graphs: every rule is broken once. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import type { Graph, Value } from '../../src/ir/graph.ts';
import { IDENTITY, LINEAR, type Node } from '../../src/ir/ops.ts';
import { verifyGraph } from '../../src/ir/verify.ts';

const from = { name: 'layer_1', sourceOp: 'Layer' };
const window = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], padValue: 0 } as const;
const zeros = (builder: GraphBuilder, ...shape: number[]) =>
  builder.constant('c', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

/** x → conv → relu, all f32. */
function sourceGraph(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [1, 4, 4, 2] });
  const attrs = { ...window, groups: 1, epilogue: LINEAR };
  const conv = builder.add(
    'conv2d',
    attrs,
    [x, zeros(builder, 3, 3, 2, 3), zeros(builder, 3)],
    from,
  );
  const relu = builder.add('unary', { unary: { fn: 'relu' } }, [conv], from);
  return builder.finish('net', [relu]);
}

/** x → bits → binary dense → f32. */
function loweredGraph(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [1, 2] });
  const bits = builder.add('binarize', {}, [x, zeros(builder, 2), zeros(builder, 2)], from);
  const w = builder.constant('w', { dtype: 'bit', shape: [2, 3] }, new Uint8Array(6));
  const norm = [zeros(builder, 3), zeros(builder, 3), zeros(builder, 3)];
  const epilogue = { kind: 'norm', activation: IDENTITY } as const;
  return builder.finish('net', [builder.add('dense', { epilogue }, [bits, w, ...norm], from)]);
}

function withNode(graph: Graph, index: number, change: (node: Node) => Partial<Node>): Graph {
  const nodes = graph.nodes.map((node, i) => (i === index ? { ...node, ...change(node) } : node));
  return { ...graph, nodes: nodes as Node[] };
}

function withValue(graph: Graph, id: number, change: Partial<Value>): Graph {
  const value = { ...(graph.values.get(id) as Value), ...change };
  return { ...graph, values: new Map([...graph.values, [id, value]]) };
}

it('accepts what is legal', () => {
  expect(() => verifyGraph(sourceGraph(), 'source')).not.toThrow();
  expect(() => verifyGraph(sourceGraph(), 'lowered')).not.toThrow();
  expect(() => verifyGraph(loweredGraph(), 'lowered')).not.toThrow();
});

describe('structure', () => {
  const source = sourceGraph();
  const [conv, relu] = source.nodes as [Node, Node];
  const [x, w] = conv.inputs as [number, number, number];
  const cases: [string, Graph, RegExp][] = [
    [
      'nodes out of order',
      { ...source, nodes: [relu, conv] },
      /^unary %4 \(Layer "layer_1"\) reads %3, which is not computed before it/,
    ],
    ['a missing operand', withNode(source, 1, () => ({ inputs: [99] })), /reads %99/],
    ['a value computed twice', { ...source, nodes: [conv, conv, relu] }, /defined already/],
    ['a computed constant', withNode(source, 1, () => ({ output: w })), /type|defined already/],
    ['an input that is a constant', { ...source, inputs: [x, w] }, /defined already/],
    ['an output that nothing computes', { ...source, outputs: [99] }, /output %99 is not computed/],
    ['a node without a value', withNode(source, 1, () => ({ output: 99 })), /does not have/],
    ['a value under another id', withValue(source, 0, { id: 7 }), /is filed under %0 but is %7/],
    [
      'a type that is not the inferred one',
      withValue(source, relu.output, { type: { dtype: 'f32', shape: [1, 2, 2, 4] } }),
      /has the type f32\[1,2,2,4\] but computes f32\[1,2,2,3\]/,
    ],
    ['a node that is not well-formed', withNode(source, 1, () => ({ inputs: [x, w] })), /operands/],
    [
      'a constant of another length',
      withValue(source, w, { data: new Float32Array(5) }),
      /5 elements/,
    ],
    ['a constant in another array', withValue(source, w, { data: new Int8Array(54) }), /Int8Array/],
    [
      'an input of bits',
      withValue({ ...source, nodes: [], outputs: [] }, x, { type: { dtype: 'bit', shape: [2] } }),
      /value %0 \("x"\) is bit in a lowered graph/,
    ],
  ];
  it.each(cases)('refuses %s', (_name, graph, message) => {
    expect(() => verifyGraph(graph, 'lowered')).toThrow(message);
  });
});

describe('stages', () => {
  it('keeps bits, binarize and fused epilogues out of source graphs', () => {
    const lowered = loweredGraph();
    expect(() => verifyGraph(lowered, 'source')).toThrow(/is bit in a source graph/);
    const builder = new GraphBuilder();
    const x = builder.input('x', { dtype: 'f32', shape: [1, 2] });
    const w = zeros(builder, 2, 3);
    const sign = builder.add(
      'dense',
      { epilogue: { kind: 'sign' } },
      [x, w, zeros(builder, 3)],
      from,
    );
    const graph = builder.finish('net', [sign]);
    expect(() => verifyGraph(graph, 'source')).toThrow(/is bit in a source graph/);
    expect(() => verifyGraph(graph, 'lowered')).toThrow(/%3 .* is bit in a lowered graph/);
  });

  it('wants constant bit weights and thresholds in lowered graphs', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', { dtype: 'f32', shape: [1, 2] });
    const threshold = builder.input('t', { dtype: 'f32', shape: [2] });
    const bits = builder.add('binarize', {}, [x, threshold, zeros(builder, 2)], from);
    const graph = builder.finish('net', [builder.add('unpack', {}, [bits], from)]);
    expect(() => verifyGraph(graph, 'lowered')).toThrow(/operand 1 \(%1\) is not constant/);
  });

  it('wants bits to be 0 or 1', () => {
    const graph = loweredGraph();
    const [weights] = [...graph.values.values()].filter(({ name }) => name === 'w') as [Value];
    const broken = withValue(graph, weights.id, { data: Uint8Array.of(0, 1, 0, 1, 2, 1) });
    expect(() => verifyGraph(broken, 'lowered')).toThrow(/bits other than 0 and 1/);
  });

  it('takes every type but bits at its ends, and only 32 bits between them', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', { dtype: 'u8', shape: [2] });
    const wide = builder.add('cast', { to: 'i32' }, [x], from);
    const sum = builder.add('integer', { fn: 'add' }, [wide, wide], from);
    const narrow = builder.add('cast', { to: 'bool' }, [sum], from);
    for (const stage of ['source', 'lowered'] as const) {
      expect(() => verifyGraph(builder.finish('net', [narrow]), stage)).not.toThrow();
      expect(() => verifyGraph(builder.finish('net', [narrow, sum]), stage)).not.toThrow();
      expect(() => verifyGraph(builder.finish('net', [sum]), stage)).toThrow(
        `value %${narrow} ("layer_1") is bool in a ${stage} graph`,
      );
    }
  });

  it('wants resampling to read inside its axis, as it was told when compiled', () => {
    const resampled = (place: number, isConstant: boolean): Graph => {
      const builder = new GraphBuilder();
      const x = builder.input('x', { dtype: 'f32', shape: [1, 4] });
      const type = { dtype: 'i32', shape: [2, 1] } as const;
      const indices = isConstant
        ? builder.constant('i', type, Int32Array.of(3, place))
        : builder.input('i', type);
      const operands = [x, indices, zeros(builder, 2, 1)];
      return builder.finish('net', [builder.add('resample', { axis: 1 }, operands, from)]);
    };
    for (const stage of ['source', 'lowered'] as const) {
      expect(() => verifyGraph(resampled(0, true), stage)).not.toThrow();
      expect(() => verifyGraph(resampled(4, true), stage)).toThrow(/reads place 4 of 4/);
      expect(() => verifyGraph(resampled(-1, true), stage)).toThrow(/reads place -1 of 4/);
      expect(() => verifyGraph(resampled(0, false), stage)).toThrow(/operand 1 .* not constant/);
    }
  });
});
