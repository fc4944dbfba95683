/**
 * Quantized layers: `QuantConv2D`, `QuantDense` and `QuantDepthwiseConv2D` are Keras' layers with
 * quantizers of their inputs and kernels. Class names, configuration and names of weights are Larq's.
 * Kernels are latent weights: what is multiplied is the quantized kernel.
 *
 * Images are NHWC. Weights are kernel [height, width, in, out], depthwise_kernel [height, width, in,
 * multiplier] or kernel [in, out], and bias [out].
 */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { getQuantizer, type Quantizer, type QuantizerConfig } from './quantizers.ts';
import { instantiate, type Serialized, serialize } from './serializable.ts';

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;
type Activation = Parameters<typeof tf.layers.activation>[0]['activation'];
type Weight = tf.layers.Layer['weights'][number];
type Initializer = ReturnType<typeof tf.initializers.zeros>;
type Constraint = ReturnType<typeof tf.constraints.nonNeg>;
type Regularizer = ReturnType<typeof tf.regularizers.l2>;
type Pair = readonly [number, number];

/** What the layers here have in common. */
export interface QuantLayerArgs extends LayerArgs {
  /** Of what the layer reads; none unless given. */
  readonly inputQuantizer?: QuantizerConfig | null;
  readonly activation?: Activation | null;
  /** Whether a bias is added; it is unless told otherwise. */
  readonly useBias?: boolean;
  readonly biasInitializer?: Serialized<Initializer>;
  readonly biasConstraint?: Serialized<Constraint> | null;
  readonly biasRegularizer?: Serialized<Regularizer> | null;
}

interface KernelArgs {
  /** Of the kernel; none unless given. */
  readonly kernelQuantizer?: QuantizerConfig | null;
  readonly kernelInitializer?: Serialized<Initializer>;
  readonly kernelConstraint?: Serialized<Constraint> | null;
  readonly kernelRegularizer?: Serialized<Regularizer> | null;
}

interface WindowArgs {
  readonly kernelSize: number | readonly number[];
  readonly strides?: number | readonly number[];
  readonly dilationRate?: number | readonly number[];
  readonly padding?: 'valid' | 'same';
  /** What 'same' padding reads outside the image; 0 unless told otherwise. */
  readonly padValues?: number;
  readonly dataFormat?: 'channelsLast';
}

export interface QuantDenseArgs extends QuantLayerArgs, KernelArgs {
  readonly units: number;
}

export interface QuantConv2DArgs extends QuantLayerArgs, KernelArgs, WindowArgs {
  readonly filters: number;
}

export interface QuantDepthwiseConv2DArgs extends QuantLayerArgs, WindowArgs {
  readonly depthMultiplier?: number;
  readonly depthwiseQuantizer?: QuantizerConfig | null;
  readonly depthwiseInitializer?: Serialized<Initializer>;
  readonly depthwiseConstraint?: Serialized<Constraint> | null;
  readonly depthwiseRegularizer?: Serialized<Regularizer> | null;
}

/** How a layer calls its kernel, in its configuration and among its weights. */
type KernelName = 'kernel' | 'depthwise';

/** A layer with one quantized kernel. */
abstract class QuantLayer extends tf.layers.Layer {
  readonly #inputConfig: QuantizerConfig | null;
  readonly #inputQuantizer: Quantizer | undefined;
  readonly #kernelName: KernelName;
  /** As it is configured. */
  readonly kernelQuantizer: QuantizerConfig | null;
  readonly #quantizeKernel: Quantizer | undefined;
  readonly #kernel: KernelParts;
  readonly #bias: KernelParts;
  readonly #useBias: boolean;
  readonly #activationName: Activation;
  readonly #activation: tf.layers.Layer;
  #built: { readonly kernel: Weight; readonly bias: Weight | undefined } | undefined;

  constructor(args: QuantLayerArgs, kernelName: KernelName, kernel: KernelArgs) {
    super(args);
    this.#inputConfig = args.inputQuantizer ?? null;
    this.#inputQuantizer = getQuantizer(this.#inputConfig);
    this.#kernelName = kernelName;
    this.kernelQuantizer = kernel.kernelQuantizer ?? null;
    this.#quantizeKernel = getQuantizer(this.kernelQuantizer);
    this.#kernel = partsOf(
      kernel.kernelInitializer ?? 'glorotUniform',
      kernel.kernelConstraint,
      kernel.kernelRegularizer,
    );
    this.#bias = partsOf(
      args.biasInitializer ?? 'zeros',
      args.biasConstraint,
      args.biasRegularizer,
    );
    this.#useBias = args.useBias ?? true;
    this.#activationName = args.activation ?? 'linear';
    this.#activation = tf.layers.activation({ activation: this.#activationName });
  }

  /** The kernel's shape for inputs of a shape, and how many channels come out. */
  protected abstract kernelShape(inputShape: readonly number[]): {
    readonly shape: readonly number[];
    readonly outChannels: number;
  };

  protected abstract multiply(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor;

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { shape, outChannels } = this.kernelShape(sizesOf(inputShape, this.name));
    const name = this.#kernelName === 'kernel' ? 'kernel' : 'depthwise_kernel';
    const add = (weight: string, size: readonly number[], parts: KernelParts): Weight => {
      const { initializer, regularizer, constraint } = parts;
      return this.addWeight(
        weight,
        [...size],
        'float32',
        initializer,
        regularizer as Regularizer,
        true,
        constraint as Constraint,
      );
    };
    this.#built = {
      kernel: add(name, shape, this.#kernel),
      bias: this.#useBias ? add('bias', [outChannels], this.#bias) : undefined,
    };
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const { kernel, bias } = this.#built as { kernel: Weight; bias: Weight | undefined };
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
      const quantized = this.#inputQuantizer?.(x) ?? x;
      const latent = kernel.read();
      const product = this.multiply(quantized, this.#quantizeKernel?.(latent) ?? latent);
      const sum = bias ? tf.add(product, bias.read()) : product;
      return this.#activation.call(sum, {}) as tf.Tensor;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const name = this.#kernelName;
    return {
      ...super.getConfig(),
      activation: this.#activationName,
      useBias: this.#useBias,
      inputQuantizer: this.#inputConfig as tf.serialization.ConfigDictValue,
      [`${name}Quantizer`]: this.kernelQuantizer as tf.serialization.ConfigDictValue,
      ...configOf(name, this.#kernel),
      ...configOf('bias', this.#bias),
    };
  }
}

/** A layer whose window moves over an image. */
abstract class QuantWindowLayer extends QuantLayer {
  protected readonly kernelSize: Pair;
  protected readonly strides: Pair;
  protected readonly dilations: Pair;
  readonly #padding: 'valid' | 'same';
  readonly #padValue: number;

  constructor(args: QuantLayerArgs & WindowArgs, kernelName: KernelName, kernel: KernelArgs) {
    super(args, kernelName, kernel);
    this.kernelSize = pairOf(args.kernelSize);
    this.strides = pairOf(args.strides ?? 1);
    this.dilations = pairOf(args.dilationRate ?? 1);
    this.#padding = args.padding ?? 'valid';
    this.#padValue = args.padValues ?? 0;
    if ((args.dataFormat ?? 'channelsLast') !== 'channelsLast') {
      fail({
        code: 'unsupported',
        found: `Layer "${this.name}" has its channels first.`,
        fix: 'Use channels last.',
      });
    }
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch = null, ...sizes] = inputShape as tf.Shape;
    const { outChannels } = this.kernelShape(inputShape as number[]);
    const out = [0, 1].map((axis) => {
      const size = sizes[axis];
      if (size === null || size === undefined) return null;
      const stride = this.strides[axis] as number;
      const extent = this.#extent(axis);
      return Math.ceil((this.#padding === 'same' ? size : size - extent + 1) / stride);
    });
    return [batch, ...out, outChannels];
  }

  /** x with its padding, unless that is 0, and what is left for the convolution to pad. */
  protected padded(x: tf.Tensor): { readonly image: tf.Tensor4D; readonly pad: 'valid' | 'same' } {
    const image = x as tf.Tensor4D;
    if (this.#padding === 'valid' || this.#padValue === 0) return { image, pad: this.#padding };
    const [top, bottom] = this.#samePadding(0, image.shape[1]);
    const [left, right] = this.#samePadding(1, image.shape[2]);
    const paddings: [number, number][] = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    return { image: tf.pad(image, paddings, this.#padValue), pad: 'valid' };
  }

  /** The kernel with zeros between its taps: TensorFlow.js has no gradients of dilations. */
  protected dilated(kernel: tf.Tensor): tf.Tensor4D {
    const [height, width, ...channels] = kernel.shape as [number, number, number, number];
    const [dilationY, dilationX] = this.dilations;
    if (dilationY === 1 && dilationX === 1) return kernel as tf.Tensor4D;
    const taps = tf.reshape(kernel, [height, 1, width, 1, channels[0] * channels[1]]);
    const gaps: [number, number][] = [
      [0, 0],
      [0, dilationY - 1],
      [0, 0],
      [0, dilationX - 1],
      [0, 0],
    ];
    const spread = [height * dilationY, width * dilationX, ...channels];
    const extents = [this.#extent(0), this.#extent(1), ...channels];
    return tf.slice(tf.reshape(tf.pad(taps, gaps), spread), [0, 0, 0, 0], extents) as tf.Tensor4D;
  }

  #samePadding(axis: number, size: number): [before: number, after: number] {
    const stride = this.strides[axis] as number;
    const reach = (Math.ceil(size / stride) - 1) * stride + this.#extent(axis);
    const total = Math.max(reach - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }

  /** Pixels that a window reaches over. */
  #extent(axis: number): number {
    return ((this.kernelSize[axis] as number) - 1) * (this.dilations[axis] as number) + 1;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      dilationRate: [...this.dilations],
      padding: this.#padding,
      padValues: this.#padValue,
      dataFormat: 'channelsLast',
    };
  }
}

/** A dense layer; reads [batch, …, in], writes [batch, …, units]. */
export class QuantDense extends QuantLayer {
  static readonly className = 'QuantDense';
  readonly #units: number;

  constructor(args: QuantDenseArgs) {
    super(args, 'kernel', args);
    this.#units = args.units;
  }

  protected override kernelShape(inputShape: readonly number[]) {
    const inChannels = inputShape.at(-1) as number;
    return { shape: [inChannels, this.#units], outChannels: this.#units };
  }

  protected override multiply(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
    const rows = tf.reshape(x, [-1, kernel.shape[0] as number]);
    const product = tf.matMul(rows, kernel as tf.Tensor2D);
    return tf.reshape(product, [...x.shape.slice(0, -1), this.#units]);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...(inputShape as tf.Shape).slice(0, -1), this.#units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.#units };
  }
}

/** A convolution; reads [batch, height, width, in], writes [batch, height, width, filters]. */
export class QuantConv2D extends QuantWindowLayer {
  static readonly className = 'QuantConv2D';
  readonly #filters: number;

  constructor(args: QuantConv2DArgs) {
    super(args, 'kernel', args);
    this.#filters = args.filters;
  }

  protected override kernelShape(inputShape: readonly number[]) {
    const inChannels = inputShape[3] as number;
    const shape = [...this.kernelSize, inChannels, this.#filters];
    return { shape, outChannels: this.#filters };
  }

  protected override multiply(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
    const { image, pad } = this.padded(x);
    return tf.conv2d(image, this.dilated(kernel), [...this.strides], pad);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), filters: this.#filters };
  }
}

/** A convolution of each channel by itself; writes [batch, height, width, in × multiplier]. */
export class QuantDepthwiseConv2D extends QuantWindowLayer {
  static readonly className = 'QuantDepthwiseConv2D';
  readonly #multiplier: number;

  constructor(args: QuantDepthwiseConv2DArgs) {
    super(args, 'depthwise', {
      kernelQuantizer: args.depthwiseQuantizer ?? null,
      kernelInitializer: args.depthwiseInitializer ?? 'glorotUniform',
      kernelConstraint: args.depthwiseConstraint ?? null,
      kernelRegularizer: args.depthwiseRegularizer ?? null,
    });
    this.#multiplier = args.depthMultiplier ?? 1;
  }

  protected override kernelShape(inputShape: readonly number[]) {
    const inChannels = inputShape[3] as number;
    const shape = [...this.kernelSize, inChannels, this.#multiplier];
    return { shape, outChannels: inChannels * this.#multiplier };
  }

  protected override multiply(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
    const { image, pad } = this.padded(x);
    return tf.depthwiseConv2d(image, this.dilated(kernel), [...this.strides], pad);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), depthMultiplier: this.#multiplier };
  }
}

/** What a weight starts from and is held to. */
interface KernelParts {
  readonly initializer: Initializer;
  readonly constraint: Constraint | undefined;
  readonly regularizer: Regularizer | undefined;
}

function partsOf(
  initializer: Serialized<Initializer>,
  constraint: Serialized<Constraint> | null | undefined,
  regularizer: Serialized<Regularizer> | null | undefined,
): KernelParts {
  return {
    initializer: instantiate(initializer, 'initializer') as Initializer,
    constraint: instantiate(constraint, 'constraint'),
    regularizer: instantiate(regularizer, 'regularizer'),
  };
}

function configOf(name: string, parts: KernelParts): tf.serialization.ConfigDict {
  return {
    [`${name}Initializer`]: serialize(parts.initializer),
    [`${name}Constraint`]: serialize(parts.constraint),
    [`${name}Regularizer`]: serialize(parts.regularizer),
  };
}

function pairOf(size: number | readonly number[]): Pair {
  if (typeof size === 'number') return [size, size];
  const [first = 1, second = first] = size;
  return [first, second];
}

/** The sizes of an input; the number of channels must be known. */
function sizesOf(shape: tf.Shape | tf.Shape[], layer: string): number[] {
  const sizes = shape as number[];
  if (typeof sizes.at(-1) === 'number') return sizes;
  return fail({
    code: 'bad-input',
    found: `Layer "${layer}" reads ${JSON.stringify(shape)}, with an open number of channels.`,
    fix: 'Give the first layer an inputShape.',
  });
}

for (const layer of [QuantDense, QuantConv2D, QuantDepthwiseConv2D]) {
  tf.serialization.registerClass(layer, 'Larq');
}
