/** The layers of `bench` without a model: each as a binary and as a float network of one layer. */
import { GraphBuilder } from '../ir/builder.ts';
import type { Graph } from '../ir/graph.ts';
import { IDENTITY, LINEAR } from '../ir/ops.ts';

export interface BenchLayer {
  readonly name: string;
  readonly graph: Graph;
}

/** A layer of ±1 weights on the signs of its input, and a scale per channel, as papers have it. */
export function benchLayers(): BenchLayer[] {
  return [
    { name: 'dense 4096 → 4096', graph: dense(4096, 4096) },
    { name: 'conv 3×3, 256 → 256, 14×14', graph: conv(14, 256, 3) },
    { name: 'conv 3×3, 64 → 64, 56×56', graph: conv(56, 64, 3) },
    { name: 'conv 1×1, 256 → 256, 14×14', graph: conv(14, 256, 1) },
  ];
}

const FROM = { name: 'layer', sourceOp: 'bench' } as const;

function dense(inputs: number, outputs: number): Graph {
  const builder = new GraphBuilder();
  const x = signsOf(builder, [1, inputs]);
  const w = builder.constant('w', [inputs, outputs], signs(inputs * outputs));
  const bias = builder.constant('bias', [outputs], new Float32Array(outputs));
  const y = builder.add('dense', { epilogue: LINEAR }, [x, w, bias], FROM);
  return builder.finish('dense', [scaled(builder, y, outputs)]);
}

function conv(size: number, channels: number, kernel: number): Graph {
  const builder = new GraphBuilder();
  const pad = (kernel - 1) / 2;
  const window = {
    strides: [1, 1],
    dilations: [1, 1],
    pads: [pad, pad, pad, pad],
    padValue: 0,
  } as const;
  const x = signsOf(builder, [1, size, size, channels]);
  const shape = [kernel, kernel, channels, channels];
  const w = builder.constant('w', shape, signs(kernel * kernel * channels * channels));
  const bias = builder.constant('bias', [channels], new Float32Array(channels));
  const attrs = { ...window, groups: 1, epilogue: LINEAR };
  const y = builder.add('conv2d', attrs, [x, w, bias], FROM);
  return builder.finish('conv', [scaled(builder, y, channels)]);
}

function signsOf(builder: GraphBuilder, shape: readonly number[]): number {
  const input = builder.input('x', { dtype: 'f32', shape });
  return builder.add('unary', { unary: { fn: 'sign' } }, [input], FROM);
}

function scaled(builder: GraphBuilder, x: number, channels: number): number {
  const constant = (name: string, value: number): number =>
    builder.constant(name, [channels], new Float32Array(channels).fill(value));
  const operands = [x, constant('mean', 0.5), constant('scale', 0.25), constant('offset', 1)];
  return builder.add('batchNorm', { activation: IDENTITY }, operands, FROM);
}

/** ±1 from a seeded generator. */
function signs(count: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state < 0 ? -1 : 1;
  });
}
