/**
 * The layers of `bench` without a model, each with every kind of operands, side by side in one
 * network: compiled once, and measured call by call. It is made as the passes leave networks, so
 * that each layer is the one kernel that it is to be.
 */
import { GraphBuilder } from '../../ir/builder.ts';
import { type DType, elementCount, type Graph, type Shape } from '../../ir/graph.ts';
import { type Epilogue, IDENTITY, type Pads, type Pair, type ValueId } from '../../ir/ops.ts';

export interface BenchKind {
  readonly name: string;
  readonly input: 'f32' | 'i8' | 'bit';
  readonly weights: 'f32' | 'i8' | 'bit';
  readonly epilogue: Exclude<Epilogue['kind'], 'add'>;
}

/** What others are compared with comes first. */
export const KINDS: readonly BenchKind[] = [
  { name: 'float', input: 'f32', weights: 'f32', epilogue: 'linear' },
  { name: 'int8', input: 'i8', weights: 'i8', epilogue: 'requantize' },
  { name: 'float × binary', input: 'f32', weights: 'bit', epilogue: 'norm' },
  { name: 'int8 × binary', input: 'i8', weights: 'bit', epilogue: 'requantize' },
  { name: 'binary', input: 'bit', weights: 'bit', epilogue: 'sign' },
];

export interface BenchLayer {
  readonly name: string;
  /** [channels] of a dense layer, [height, width, channels] of a convolution. */
  readonly input: Shape;
  readonly filters: number;
  readonly window?: BenchWindow;
}

export interface BenchWindow {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  /** As many as there are channels make a depthwise convolution. */
  readonly groups: number;
}

function square(size: number): BenchWindow {
  const pad = (size - 1) / 2;
  return {
    size: [size, size],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [pad, pad, pad, pad],
    groups: 1,
  };
}

export const LAYERS: readonly BenchLayer[] = [
  { name: 'dense, 4096 to 4096, batch 1', input: [4096], filters: 4096 },
  {
    name: '3×3 convolution, 256 to 256, on 14×14',
    input: [14, 14, 256],
    filters: 256,
    window: square(3),
  },
  {
    name: '3×3 convolution, 64 to 64, on 56×56',
    input: [56, 56, 64],
    filters: 64,
    window: square(3),
  },
  {
    name: '1×1 convolution, 512 to 512, on 7×7',
    input: [7, 7, 512],
    filters: 512,
    window: square(1),
  },
];

/** All layers of all kinds. A node's name is that of its layer, its op that of its kind. */
export function kernelNetwork(
  layers: readonly BenchLayer[] = LAYERS,
  kinds: readonly BenchKind[] = KINDS,
): Graph {
  const builder = new GraphBuilder();
  const outputs = layers.flatMap((layer) => {
    const inputs = new Map<DType, ValueId>();
    return kinds.map((kind) => addLayer(builder, layer, kind, inputs));
  });
  return builder.finish('kernels', outputs);
}

function addLayer(
  builder: GraphBuilder,
  layer: BenchLayer,
  kind: BenchKind,
  inputs: Map<DType, ValueId>,
): ValueId {
  const { input, filters, window } = layer;
  const x = inputs.get(kind.input) ?? addInput(builder, layer, kind.input);
  inputs.set(kind.input, x);
  const operands = epilogueOperands(builder, kind, filters);
  const origin = { name: layer.name, sourceOp: kind.name };
  const epilogue = epilogueOf(kind);
  const channels = input.at(-1) as number;
  if (window === undefined) {
    const w = addWeights(builder, kind.weights, [channels, filters]);
    return builder.add('dense', { epilogue }, [x, w, ...operands], origin);
  }
  const { size, groups, ...places } = window;
  const attrs = { ...places, padValue: 0, epilogue } as const;
  if (groups > 1 && groups === channels) {
    const w = addWeights(builder, kind.weights, [...size, channels, filters / channels]);
    return builder.add('depthwiseConv2d', attrs, [x, w, ...operands], origin);
  }
  const w = addWeights(builder, kind.weights, [...size, channels / groups, filters]);
  return builder.add('conv2d', { ...attrs, groups }, [x, w, ...operands], origin);
}

/** Bits are the signs of floats. */
function addInput(
  builder: GraphBuilder,
  { name, input }: BenchLayer,
  dtype: BenchKind['input'],
): ValueId {
  const shape = [1, ...input];
  const label = `${dtype} for ${name}`;
  if (dtype !== 'bit') return builder.input(label, { dtype, shape });
  const floats = builder.input(label, { dtype: 'f32', shape });
  const operands = [0, 1].map((value) => filled(builder, input.at(-1) as number, value));
  return builder.add('binarize', {}, [floats, ...operands], { name: label, sourceOp: 'sign' });
}

const WEIGHT_ARRAYS = { f32: Float32Array, i8: Int8Array, bit: Uint8Array } as const;

function addWeights(builder: GraphBuilder, dtype: BenchKind['weights'], shape: Shape): ValueId {
  const random = generator(elementCount(shape));
  const data = new WEIGHT_ARRAYS[dtype](elementCount(shape));
  for (let i = 0; i < data.length; i++) {
    data[i] = dtype === 'bit' ? random() >>> 31 : (random() >> 25) | 1;
  }
  return builder.constant('w', { dtype, shape }, data);
}

function epilogueOf({ epilogue }: BenchKind): Epilogue {
  switch (epilogue) {
    case 'linear':
    case 'norm':
      return { kind: epilogue, activation: IDENTITY };
    case 'requantize':
      return { kind: epilogue, zeroPoint: 0, min: -128, max: 127 };
    default:
      return { kind: epilogue };
  }
}

function epilogueOperands(
  builder: GraphBuilder,
  { input, epilogue }: BenchKind,
  channels: number,
): ValueId[] {
  const integers = (): ValueId => {
    const type = { dtype: 'i32', shape: [channels] } as const;
    return builder.constant('integers', type, new Int32Array(channels));
  };
  switch (epilogue) {
    case 'linear':
      return [filled(builder, channels, 0)];
    case 'norm':
      return [0.5, 0.25, 1].map((value) => filled(builder, channels, value));
    case 'requantize':
      return [integers(), filled(builder, channels, 1 / 1024)];
    case 'integer':
      return [integers()];
    case 'sign':
      return [input === 'bit' ? integers() : filled(builder, channels, 0)];
  }
}

function filled(builder: GraphBuilder, count: number, value: number): ValueId {
  return builder.constant(String(value), [count], new Float32Array(count).fill(value));
}

/** 32 random bits at a time, as a signed integer. */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}
