/**
 * Keras' batch normalization over the last axis. TensorFlow.js has one too, which can't be trained
 * without a scale; binary networks have none, because a sign follows. This one takes its place when
 * models are read: class name, configuration and names of weights are the same.
 */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { normalize, normalizeBatch } from './batch-statistics.ts';
import { instantiate, type Serialized, serialize } from './serializable.ts';

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;
type Weight = tf.layers.Layer['weights'][number];
type Initializer = ReturnType<typeof tf.initializers.zeros>;
type Constraint = ReturnType<typeof tf.constraints.nonNeg>;
type Regularizer = ReturnType<typeof tf.regularizers.l2>;

export interface BatchNormalizationArgs extends LayerArgs {
  /** Only the last axis. */
  readonly axis?: number | readonly number[];
  /** How much of the moving averages a step keeps; 0.99 unless told otherwise. */
  readonly momentum?: number;
  /** Added to variances; 0.001 unless told otherwise. */
  readonly epsilon?: number;
  /** Whether an offset, beta, is learned; it is unless told otherwise. */
  readonly center?: boolean;
  /** Whether a factor, gamma, is learned; it is unless told otherwise. */
  readonly scale?: boolean;
  readonly betaInitializer?: Serialized<Initializer>;
  readonly gammaInitializer?: Serialized<Initializer>;
  readonly movingMeanInitializer?: Serialized<Initializer>;
  readonly movingVarianceInitializer?: Serialized<Initializer>;
  readonly betaConstraint?: Serialized<Constraint> | null;
  readonly gammaConstraint?: Serialized<Constraint> | null;
  readonly betaRegularizer?: Serialized<Regularizer> | null;
  readonly gammaRegularizer?: Serialized<Regularizer> | null;
}

/** The weights in Keras' order, and what each starts from unless told otherwise. */
const WEIGHTS = [
  { name: 'gamma', key: 'gamma', start: 'ones', learns: true },
  { name: 'beta', key: 'beta', start: 'zeros', learns: true },
  { name: 'moving_mean', key: 'movingMean', start: 'zeros', learns: false },
  { name: 'moving_variance', key: 'movingVariance', start: 'ones', learns: false },
] as const;
type Key = (typeof WEIGHTS)[number]['key'];

export class BatchNormalization extends tf.layers.Layer {
  static readonly className = 'BatchNormalization';
  readonly #args: BatchNormalizationArgs;
  readonly #momentum: number;
  readonly #epsilon: number;
  readonly #has: Readonly<Record<Key, boolean>>;
  readonly #weights = new Map<Key, Weight>();

  constructor(args: BatchNormalizationArgs = {}) {
    super(args);
    this.supportsMasking = true;
    this.#args = args;
    this.#momentum = args.momentum ?? 0.99;
    this.#epsilon = args.epsilon ?? 1e-3;
    const { scale = true, center = true } = args;
    this.#has = { gamma: scale, beta: center, movingMean: true, movingVariance: true };
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = inputShape as tf.Shape;
    const axis = [this.#args.axis ?? -1].flat()[0];
    const channels = shape.at(-1);
    if ((axis !== -1 && axis !== shape.length - 1) || typeof channels !== 'number') {
      fail({
        code: 'unsupported',
        found: `Layer "${this.name}" normalizes axis ${axis} of ${JSON.stringify(shape)}.`,
        fix: 'Normalize the last axis, the size of which must be known.',
      });
    }
    for (const { name, key, start, learns } of WEIGHTS) {
      if (!this.#has[key]) continue;
      const { initializer, constraint, regularizer } = this.#parts(key, start);
      const weight = this.addWeight(
        name,
        [channels],
        'float32',
        initializer,
        regularizer as Regularizer,
        learns,
        constraint as Constraint,
      );
      this.#weights.set(key, weight);
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs?: { training?: boolean }): tf.Tensor {
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor;
      const epsilon = this.#epsilon;
      const gamma = this.#weights.get('gamma')?.read();
      const beta = this.#weights.get('beta')?.read();
      if (!isTraining(kwargs)) {
        const [mean, variance] = [this.#read('movingMean'), this.#read('movingVariance')];
        return normalize(x, mean, variance, gamma, beta, epsilon);
      }
      const { y, mean, variance } = normalizeBatch(x, gamma, beta, epsilon);
      this.#remember(x, mean, variance);
      return y;
    });
  }

  /** Moves the moving averages towards mean and variance of a batch. */
  #remember(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): void {
    const count = x.size / (x.shape.at(-1) as number);
    // Keras' fused operator, for images, remembers what a sample says of all there could be.
    const correction = x.rank === 4 && count > 1 ? count / (count - 1) : 1;
    this.#approach('movingMean', mean);
    this.#approach('movingVariance', tf.mul(variance, correction));
  }

  #approach(key: Key, value: tf.Tensor): void {
    const before = this.#read(key);
    const step = tf.mul(tf.sub(value, before), 1 - this.#momentum);
    (this.#weights.get(key) as Weight).write(tf.add(before, step));
  }

  #read(key: Key): tf.Tensor {
    return (this.#weights.get(key) as Weight).read();
  }

  #parts(key: Key, start: string) {
    const args = this.#args as Readonly<Record<string, never>>;
    return {
      initializer: instantiate<Initializer>(
        args[`${key}Initializer`] ?? start,
        'initializer',
      ) as Initializer,
      constraint: instantiate<Constraint>(args[`${key}Constraint`], 'constraint'),
      regularizer: instantiate<Regularizer>(args[`${key}Regularizer`], 'regularizer'),
    };
  }

  override getConfig(): tf.serialization.ConfigDict {
    const config: tf.serialization.ConfigDict = {
      ...super.getConfig(),
      axis: -1,
      momentum: this.#momentum,
      epsilon: this.#epsilon,
      center: this.#has.beta,
      scale: this.#has.gamma,
    };
    for (const { key, start, learns } of WEIGHTS) {
      const { initializer, constraint, regularizer } = this.#parts(key, start);
      config[`${key}Initializer`] = serialize(initializer);
      if (!learns) continue;
      config[`${key}Constraint`] = serialize(constraint);
      config[`${key}Regularizer`] = serialize(regularizer);
    }
    return config;
  }
}
tf.serialization.registerClass(BatchNormalization);

function isTraining(kwargs: { readonly training?: boolean } | undefined): boolean {
  return kwargs?.training ?? false;
}
