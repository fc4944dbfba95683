/**
 * Optimizers of binary networks. They are optimizers of TensorFlow.js; what they remember of a step
 * is saved and restored exactly, so that training can go on where it was stopped.
 */
import * as tf from '@tensorflow/tfjs';
import { sign } from './quantizers.ts';

interface NamedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor;
}
type Gradients = Parameters<tf.Optimizer['applyGradients']>[0];

/** An optimizer whose learning rate changes from step to step. */
export abstract class SteppedOptimizer extends tf.Optimizer {
  /** Steps taken so far. */
  steps = 0;
  /** One per variable and slot, "name/slot"; made when a variable is first met. */
  protected readonly slots = new Map<string, tf.Variable>();

  /** Changes a variable by its gradient; `this.steps` counts this step already. */
  protected abstract update(variable: tf.Variable, gradient: tf.Tensor): void;

  override applyGradients(gradients: Gradients): void {
    this.steps++;
    for (const [name, gradient] of entriesOf(gradients)) {
      const variable = tf.engine().registeredVariables[name];
      if (variable && gradient) tf.tidy(() => this.update(variable, gradient));
    }
  }

  /** What is remembered of a variable; zeros at first. */
  protected slot(variable: tf.Variable, name: string): tf.Variable {
    const key = `${variable.name}/${name}`;
    const found = this.slots.get(key);
    if (found) return found;
    const made = tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
    this.slots.set(key, made);
    return made;
  }

  /** The number of steps, then all slots. */
  override async getWeights(): Promise<NamedTensor[]> {
    const slots = [...this.slots].map(([name, tensor]) => ({ name, tensor: tensor as tf.Tensor }));
    return [{ name: 'steps', tensor: tf.scalar(this.steps, 'int32') }, ...slots];
  }

  override async setWeights([steps, ...slots]: NamedTensor[]): Promise<void> {
    this.steps = steps ? ((await steps.tensor.data())[0] ?? 0) : 0;
    this.#forget();
    for (const { name, tensor } of slots) this.slots.set(name, tf.variable(tensor, false));
  }

  override dispose(): void {
    this.#forget();
  }

  #forget(): void {
    for (const slot of this.slots.values()) slot.dispose();
    this.slots.clear();
  }
}

export interface AdamOptions {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** What a variable's steps are multiplied by; 1 unless told otherwise. See `glorotScales`. */
  readonly scaleOf?: (variableName: string) => number;
}

/**
 * Adam as Keras has it (Kingma & Ba, 2015, with ε outside of the bias correction). It trains latent
 * weights; `WeightClip` keeps them in the range where they have gradients.
 */
export class Adam extends SteppedOptimizer {
  static readonly className = 'BinarynetAdam';
  learningRate: number;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  readonly #scaleOf: (variableName: string) => number;

  constructor({
    learningRate = 0.001,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-7,
    scaleOf = () => 1,
  }: AdamOptions = {}) {
    super();
    this.learningRate = learningRate;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    this.#scaleOf = scaleOf;
  }

  protected override update(variable: tf.Variable, gradient: tf.Tensor): void {
    const [beta1, beta2] = [this.#beta1, this.#beta2];
    const mean = this.slot(variable, 'm');
    const square = this.slot(variable, 'v');
    mean.assign(tf.add(mean, tf.mul(1 - beta1, tf.sub(gradient, mean))));
    square.assign(tf.add(square, tf.mul(1 - beta2, tf.sub(tf.square(gradient), square))));
    const correction = Math.sqrt(1 - beta2 ** this.steps) / (1 - beta1 ** this.steps);
    const rate = this.learningRate * correction * this.#scaleOf(variable.name);
    const step = tf.div(tf.mul(rate, mean), tf.add(tf.sqrt(square), this.#epsilon));
    variable.assign(tf.sub(variable, step));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      learningRate: this.learningRate,
      beta1: this.#beta1,
      beta2: this.#beta2,
      epsilon: this.#epsilon,
    };
  }
}

export interface BopOptions {
  /** How large the average of a weight's gradient must be to flip it. */
  readonly threshold?: number;
  /** How fast the average follows the gradients. */
  readonly gamma?: number;
}

/**
 * Trains weights that are ±1 themselves, without latent ones: a weight flips when the moving average
 * of its gradient has its sign and passes a threshold (Helwegen et al., "Latent Weights Do Not
 * Exist", 2019). As Larq has it.
 */
export class Bop extends SteppedOptimizer {
  static readonly className = 'Bop';
  threshold: number;
  gamma: number;

  constructor({ threshold = 1e-8, gamma = 1e-4 }: BopOptions = {}) {
    super();
    this.threshold = threshold;
    this.gamma = gamma;
  }

  protected override update(variable: tf.Variable, gradient: tf.Tensor): void {
    const average = this.slot(variable, 'm');
    average.assign(tf.add(average, tf.mul(this.gamma, tf.sub(gradient, average))));
    const flips = tf.greater(tf.mul(variable, average), this.threshold);
    variable.assign(sign(tf.where(flips, tf.neg(variable), variable)));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { threshold: this.threshold, gamma: this.gamma };
  }
}

/** An optimizer for some variables: which, by name, and what trains them. */
export type Case = readonly [
  isOurs: (variableName: string) => boolean,
  optimizer: SteppedOptimizer,
];

/** Trains each variable by the first optimizer that takes it, the others by `otherwise`. */
export class CaseOptimizer extends tf.Optimizer {
  static readonly className = 'CaseOptimizer';
  readonly cases: readonly Case[];

  constructor(cases: readonly Case[], otherwise: SteppedOptimizer) {
    super();
    this.cases = [...cases, [() => true, otherwise]];
  }

  /** That of those that have one, such as Adam; Bop has none. */
  get learningRate(): number {
    return this.#rated()[0]?.learningRate ?? Number.NaN;
  }

  set learningRate(rate: number) {
    for (const optimizer of this.#rated()) optimizer.learningRate = rate;
  }

  /** By what they have: to TensorFlow.js every optimizer is an instance of each class of them. */
  #rated(): Adam[] {
    return this.cases.flatMap(([, optimizer]) =>
      'learningRate' in optimizer ? [optimizer as Adam] : [],
    );
  }

  override applyGradients(gradients: Gradients): void {
    const left = new Map(entriesOf(gradients));
    for (const [isOurs, optimizer] of this.cases) {
      const names = [...left.keys()].filter(isOurs);
      optimizer.applyGradients(
        names.map((name) => ({ name, tensor: left.get(name) as tf.Tensor })),
      );
      for (const name of names) left.delete(name);
    }
  }

  /** Those of all optimizers, "0/steps" and so on. */
  override async getWeights(): Promise<NamedTensor[]> {
    const all = await Promise.all(this.cases.map(([, optimizer]) => optimizer.getWeights()));
    return all.flatMap((weights, i) =>
      weights.map(({ name, tensor }) => ({ name: `${i}/${name}`, tensor })),
    );
  }

  override async setWeights(weights: NamedTensor[]): Promise<void> {
    for (const [i, [, optimizer]] of this.cases.entries()) {
      const prefix = `${i}/`;
      const own = weights.filter(({ name }) => name.startsWith(prefix));
      await optimizer.setWeights(
        own.map(({ name, tensor }) => ({ name: name.slice(prefix.length), tensor })),
      );
    }
  }

  override dispose(): void {
    for (const [, optimizer] of this.cases) optimizer.dispose();
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

function entriesOf(gradients: Gradients): [string, tf.Tensor][] {
  if (!Array.isArray(gradients)) return Object.entries(gradients);
  return gradients.map(({ name, tensor }) => [name, tensor]);
}
