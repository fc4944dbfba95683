/**
 * What a layer's rule works with: its configuration, its weights, and the graph that grows.
 *
 * A model is built twice. The first time, `dry`, checks every layer against shapes alone and reads
 * no weights, so that all problems are found and reported at once; constants hold no data then.
 */
import type { GraphBuilder, Origin } from '../../ir/builder.ts';
import { elementCount, type Shape } from '../../ir/graph.ts';
import {
  type BinaryFn,
  IDENTITY,
  type OpAttrs,
  type OpKind,
  type Unary,
  type ValueId,
} from '../../ir/ops.ts';
import { equalShapes } from '../../ir/shape-math.ts';
import type { LayerConfig } from './config.ts';
import type { LayerCall } from './model.ts';
import type { StoredWeight, WeightSpec } from './weights.ts';

const NO_DATA = new Float32Array(0);
const MAX_GENERATED = 2 ** 24;

/** A weight whose shape has been checked; its data is read on demand. */
export interface Weight {
  readonly shape: Shape;
  readonly read: () => Float32Array;
}

export interface LayerRule {
  /** The weights in the order in which Keras creates them. Left out: none. */
  readonly weights?: (config: LayerConfig) => readonly WeightSpec[];
  /** The call may have arguments that are no tensors; the rule looks at `layer.call` itself. */
  readonly takesConstants?: boolean;
  /** Refuses what can be told from the configuration alone, even where the inputs are unknown. */
  readonly check?: (config: LayerConfig) => void;
  /** Adds the layer's nodes for one call and returns its results. */
  readonly build: (layer: LayerContext, inputs: readonly ValueId[]) => ValueId | readonly ValueId[];
}

/** Rules by the name of the layer's class. */
export type LayerRules = Readonly<Record<string, LayerRule>>;

export class LayerContext {
  readonly config: LayerConfig;
  readonly origin: Origin;
  readonly call: LayerCall;
  readonly dry: boolean;
  private readonly options: LayerContextOptions;
  private readonly builder: GraphBuilder;
  private readonly state: LayerState;

  constructor(options: LayerContextOptions) {
    this.options = options;
    this.config = options.config;
    this.origin = options.config.origin;
    this.call = options.call;
    this.dry = options.dry;
    this.builder = options.builder;
    this.state = options.state;
  }

  /** The same layer with the configuration of the one that it wraps. */
  withConfig(config: LayerConfig): LayerContext {
    return new LayerContext({ ...this.options, config });
  }

  shape(id: ValueId): Shape {
    return this.builder.shape(id);
  }

  add<K extends OpKind>(op: K, attrs: OpAttrs[K], ...inputs: readonly ValueId[]): ValueId {
    return this.builder.add(op, attrs, inputs, this.origin);
  }

  unary(unary: Unary, x: ValueId): ValueId {
    return unary.fn === 'identity' ? x : this.add('unary', { unary }, x);
  }

  reshape(x: ValueId, shape: Shape): ValueId {
    return equalShapes(this.shape(x), shape) ? x : this.add('reshape', { shape }, x);
  }

  transpose(x: ValueId, perm: readonly number[]): ValueId {
    return perm.every((axis, i) => axis === i) ? x : this.add('transpose', { perm }, x);
  }

  /** The weight of that name; `corrupt` unless it has this shape. */
  weight(name: string, shape: Shape): Weight {
    const stored = this.storedShape(name);
    if (!equalShapes(stored, shape)) {
      this.config.corrupt(
        `Its weight "${name}" has the shape [${stored.join(', ')}], ` +
          `where its configuration and input need [${shape.join(', ')}].`,
      );
    }
    return { shape, read: () => this.readStored(name, shape) };
  }

  /** The shape that the file gives a weight. */
  storedShape(name: string): Shape {
    return this.stored(name).shape;
  }

  /** A constant; `data` is asked for once per layer, and not at all when dry. */
  constant(name: string, shape: Shape, data: () => Float32Array): ValueId {
    // A shared layer can be called with inputs of different shapes.
    const key = `${name}[${shape.join()}]`;
    const known = this.state.constants.get(key);
    if (known !== undefined) return known;
    const values = this.dry ? NO_DATA : data();
    const id = this.builder.constant(`${this.origin.name}/${name}`, shape, values);
    this.state.constants.set(key, id);
    return id;
  }

  /** A weight as it is. */
  weightConstant(name: string, shape: Shape): ValueId {
    const weight = this.weight(name, shape);
    return this.constant(name, shape, weight.read);
  }

  /** An elementwise function of two values. */
  binary(fn: BinaryFn, a: ValueId, b: ValueId): ValueId {
    return this.add('binary', { fn, activation: IDENTITY }, a, b);
  }

  /** A constant with one element, which broadcasts. */
  scalar(name: string, value: number): ValueId {
    return this.constant(name, [1], () => Float32Array.of(value));
  }

  /** A constant that is in no file: its size is only what the configuration says, and bounded. */
  generated(name: string, shape: Shape, element: (index: number) => number): ValueId {
    const count = elementCount(shape);
    if (count > MAX_GENERATED) {
      this.config.problem('too-large', `It needs a constant "${name}" of ${count} elements.`);
    }
    return this.constant(name, shape, () => {
      const data = new Float32Array(count);
      for (let i = 0; i < count; i++) data[i] = element(i);
      return data;
    });
  }

  /** A weight that the configuration may switch off; `fallback` then fills it. */
  optionalConstant(name: string, shape: Shape, present: boolean, fallback: number): ValueId {
    if (present) return this.weightConstant(name, shape);
    return this.generated(name, shape, () => fallback);
  }

  private readStored(name: string, shape: Shape): Float32Array {
    const data = this.stored(name).read();
    if (data.length !== elementCount(shape)) {
      this.config.corrupt(`Its weight "${name}" has ${data.length} elements.`);
    }
    return data;
  }

  private stored(name: string): StoredWeight {
    const position = this.state.specs.findIndex((spec) => spec.name === name);
    const stored = this.state.weights()[position];
    if (!stored) return this.config.corrupt(`Its weight "${name}" is missing from the file.`);
    return stored;
  }
}

interface LayerContextOptions {
  readonly config: LayerConfig;
  readonly call: LayerCall;
  readonly dry: boolean;
  readonly builder: GraphBuilder;
  readonly state: LayerState;
}

/** What all calls of one layer share. */
export interface LayerState {
  readonly specs: readonly WeightSpec[];
  readonly weights: () => readonly StoredWeight[];
  readonly constants: Map<string, ValueId>;
}
