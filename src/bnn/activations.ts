/** Quantizers as activations: 'ste_sign' and its like are names that activation layers know. */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { getQuantizer, type QuantizerName, type QuantizerOptions } from './quantizers.ts';

const NAMES: readonly QuantizerName[] = ['ste_sign', 'approx_sign', 'swish_sign', 'ste_heaviside'];

/**
 * By Larq's name, by that which TensorFlow.js makes of it when it reads a model ("steSign"), and by
 * Larq's class, which Larq writes ("SteSign").
 */
for (const name of NAMES) {
  const camel = name.replace(/_./g, (found) => found.slice(1).toUpperCase());
  for (const className of [name, camel, `${camel[0]?.toUpperCase()}${camel.slice(1)}`]) {
    tf.serialization.registerClass(activationOf(name, className));
  }
}

function activationOf(name: QuantizerName, className: string) {
  return class extends tf.serialization.Serializable {
    static readonly className = className;

    constructor({ clipValue = 1, beta = 5 }: QuantizerOptions = {}) {
      super();
      if (clipValue === 1 && beta === 5) return;
      // TensorFlow.js writes no options of activations.
      fail({
        code: 'unsupported',
        found: `The activation "${name}" has options of its own.`,
        fix: 'Give them to the inputQuantizer of the next layer.',
      });
    }

    apply(x: tf.Tensor): tf.Tensor {
      return getQuantizer(name)?.(x) ?? x;
    }

    override getClassName(): string {
      return name;
    }

    getConfig(): tf.serialization.ConfigDict {
      return {};
    }
  };
}
