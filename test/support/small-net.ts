/**
 * Builds lowered graphs with random constants in few words, for tests of plan and emit. The random
 * numbers are multiples of 1/64, the same in every run.
 */
import { GraphBuilder } from '../../src/ir/builder.ts';
import { elementCount, type Graph, type Shape } from '../../src/ir/graph.ts';
import {
  type ConvWindow,
  type Epilogue,
  IDENTITY,
  type OpAttrs,
  type OpKind,
  type Pair,
  type Unary,
  type ValueId,
} from '../../src/ir/ops.ts';

export interface ConvOptions {
  readonly kernel?: Pair;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly pads?: ConvWindow['pads'];
  readonly padValue?: ConvWindow['padValue'];
  readonly groups?: number;
  readonly multiplier?: number;
  /** Makes the weights bits. */
  readonly binaryWeights?: boolean;
  /** Ends in a sign. */
  readonly sign?: boolean;
  readonly activation?: Unary;
  readonly name?: string;
}

export class SmallNet {
  readonly builder = new GraphBuilder();
  private state: number;
  private count = 0;

  constructor(seed = 1) {
    this.state = seed;
  }

  /** A multiple of 1/64 between -2 and 2. */
  random(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return ((this.state >>> 8) % 255) / 64 - 127 / 64;
  }

  input(shape: Shape, name = 'input'): ValueId {
    return this.builder.input(name, { dtype: 'f32', shape });
  }

  floats(shape: Shape, name = 'constant'): ValueId {
    const data = Float32Array.from({ length: elementCount(shape) }, () => this.random());
    return this.builder.constant(name, shape, data);
  }

  bits(shape: Shape, name = 'bits'): ValueId {
    const data = Uint8Array.from({ length: elementCount(shape) }, () => Number(this.random() < 0));
    return this.builder.constant(name, { dtype: 'bit', shape }, data);
  }

  /** Integers between -8 and 8. */
  integers(shape: Shape, name = 'integers'): ValueId {
    const length = elementCount(shape);
    const data = Int32Array.from({ length }, () => Math.round(this.random() * 4));
    return this.builder.constant(name, { dtype: 'i32', shape }, data);
  }

  /** Floats times 8, as integers. */
  toIntegers(x: ValueId): ValueId {
    const scale = this.builder.constant('8', [], Float32Array.of(8));
    const scaled = this.add('binary', { fn: 'mul', activation: IDENTITY }, [x, scale]);
    return this.add('cast', { to: 'i32' }, [scaled]);
  }

  toFloats(x: ValueId): ValueId {
    return this.add('cast', { to: 'f32' }, [x]);
  }

  add<K extends OpKind>(op: K, attrs: OpAttrs[K], inputs: readonly ValueId[], name?: string) {
    this.count++;
    return this.builder.add(op, attrs, inputs, {
      name: name ?? `${op}_${this.count}`,
      sourceOp: op,
    });
  }

  conv(x: ValueId, outChannels: number, options: ConvOptions = {}): ValueId {
    const { groups = 1, kernel = [3, 3] } = options;
    const channels = (this.builder.shape(x)[3] as number) / groups;
    const w = this.weights([...kernel, channels, outChannels], options);
    const epilogue = this.epilogue(x, outChannels, options);
    const attrs = { ...convWindow(options, epilogue.kind), groups };
    return this.add('conv2d', attrs, [x, w, ...epilogue.operands], options.name);
  }

  depthwise(x: ValueId, options: ConvOptions = {}): ValueId {
    const { multiplier = 1, kernel = [3, 3] } = options;
    const channels = this.builder.shape(x)[3] as number;
    const w = this.weights([...kernel, channels, multiplier], options);
    const epilogue = this.epilogue(x, channels * multiplier, options);
    const attrs = convWindow(options, epilogue.kind);
    return this.add('depthwiseConv2d', attrs, [x, w, ...epilogue.operands], options.name);
  }

  dense(x: ValueId, units: number, options: ConvOptions = {}): ValueId {
    const w = this.weights([this.builder.shape(x).at(-1) as number, units], options);
    const epilogue = this.epilogue(x, units, options);
    const attrs = { epilogue: epilogue.kind };
    return this.add('dense', attrs, [x, w, ...epilogue.operands], options.name);
  }

  binarize(x: ValueId): ValueId {
    const channels = this.builder.shape(x).at(-1) ?? 1;
    const direction = Float32Array.from({ length: channels }, () =>
      Math.sign(this.random() - 0.01),
    );
    const operands = [
      this.floats([channels]),
      this.builder.constant('direction', [channels], direction),
    ];
    return this.add('binarize', {}, [x, ...operands]);
  }

  unary(x: ValueId, unary: Unary): ValueId {
    return this.add('unary', { unary }, [x]);
  }

  finish(outputs: readonly ValueId[], name = 'net'): Graph {
    return this.builder.finish(name, outputs);
  }

  private weights(shape: Shape, { binaryWeights, name = 'layer' }: ConvOptions): ValueId {
    return binaryWeights ? this.bits(shape, `${name}/w`) : this.floats(shape, `${name}/w`);
  }

  private epilogue(x: ValueId, channels: number, options: ConvOptions) {
    const { binaryWeights, sign, activation = IDENTITY } = options;
    const shape = [channels];
    const integer = binaryWeights && this.builder.type(x).dtype === 'bit';
    if (sign) {
      const threshold = integer ? this.integers(shape) : this.floats(shape);
      return { kind: { kind: 'sign' } as Epilogue, operands: [threshold] };
    }
    const operands = binaryWeights ? [1, 2, 3].map(() => this.floats(shape)) : [this.floats(shape)];
    const kind: Epilogue = { kind: binaryWeights ? 'norm' : 'linear', activation };
    return { kind, operands };
  }
}

function convWindow(options: ConvOptions, epilogue: Epilogue): ConvWindow {
  return {
    strides: options.strides ?? [1, 1],
    dilations: options.dilations ?? [1, 1],
    pads: options.pads ?? [1, 1, 1, 1],
    padValue: options.padValue ?? 0,
    epilogue,
  };
}
