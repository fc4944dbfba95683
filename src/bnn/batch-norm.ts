/**
 * Keras' batch normalization over the last axis. TensorFlow.js has one too, which can't be trained
 * without a scale; binary networks have none, because a sign follows. This one takes its place when
 * models are read: class name, configuration and names of weights are the same.
 */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
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
      const channels = x.shape.at(-1) as number;
      const gamma = this.#weights.get('gamma')?.read() ?? tf.ones([channels]);
      const beta = this.#weights.get('beta')?.read() ?? tf.zeros([channels]);
      const epsilon = this.#epsilon;
      if (isTraining(kwargs)) {
        return normalizeBatch(x, gamma, beta, epsilon, (...found) => this.#remember(x, ...found));
      }
      const deviation = tf.sqrt(tf.add(this.#read('movingVariance'), epsilon));
      const normal = tf.div(tf.sub(x, this.#read('movingMean')), deviation);
      return tf.add(tf.mul(normal, gamma), beta);
    });
  }

  /** Moves the averages towards mean and variance of a batch x. */
  #remember(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): void {
    const count = countOf(x);
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

/**
 * Normalizes a batch x by its own mean and variance over all axes but the last; `onMoments` gets both.
 *
 * With d = x − mean(x), n the number of values of a channel, and s = 1/√(mean(d²) + ε):
 *   y      = γ·s·d + β
 *   ∂β     = Σ dy
 *   ∂γ     = s·Σ dy·d
 *   ∂x     = γ·s·(dy − ∂β/n − d·s²·Σ(dy·d)/n)
 * Written out, because what automatic gradients do instead reads the batch three times as often.
 */
function normalizeBatch(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
  onMoments: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor {
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const count = countOf(x);
  const normalize = tf.customGrad((...args) => {
    const [batch, factor, offset] = args as tf.Tensor[] as [tf.Tensor, tf.Tensor, tf.Tensor];
    const save = args.at(-1) as tf.GradSaveFunc;
    const mean = tf.mean(batch, axes);
    const distance = tf.sub(batch, mean);
    const variance = tf.mean(tf.square(distance), axes);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    onMoments(mean, variance);
    save([distance, inverse, factor]);
    return {
      value: tf.add(tf.mul(distance, tf.mul(inverse, factor)), offset),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [d, s, g] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const sum = tf.sum(dy, axes);
        const product = tf.sum(tf.mul(dy, d), axes);
        const slope = tf.mul(tf.square(s), tf.div(product, -count));
        const centred = tf.add(tf.mul(d, slope), tf.div(sum, -count));
        return [tf.mul(tf.add(dy, centred), tf.mul(s, g)), tf.mul(product, s), sum];
      },
    };
  });
  return normalize(x, gamma, beta);
}

/** How many values of each channel there are. */
function countOf(x: tf.Tensor): number {
  return x.size / (x.shape.at(-1) as number);
}

function isTraining(kwargs: { readonly training?: boolean } | undefined): boolean {
  return kwargs?.training ?? false;
}
