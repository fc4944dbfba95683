/** Quantizers as activations: 'ste_sign' and its like are names that activation layers know. */
import * as tf from '@tensorflow/tfjs';
import { getQuantizer, type QuantizerName } from './quantizers.ts';

const NAMES: readonly QuantizerName[] = ['ste_sign', 'approx_sign', 'swish_sign', 'ste_heaviside'];

/** By Larq's name, and by that which TensorFlow.js makes of it when it reads a model: "steSign". */
for (const name of NAMES) {
  const camel = name.replace(/_./g, (found) => found.slice(1).toUpperCase());
  for (const className of [name, camel]) {
    tf.serialization.registerClass(
      class extends tf.serialization.Serializable {
        static readonly className = className;
        apply(x: tf.Tensor): tf.Tensor {
          return getQuantizer(name)?.(x) ?? x;
        }
        override getClassName(): string {
          return name;
        }
        getConfig(): tf.serialization.ConfigDict {
          return {};
        }
      },
    );
  }
}
