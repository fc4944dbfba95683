/**
 * Batch normalization in TensorFlow's own kernels, which tfjs-node can run but TensorFlow.js has no
 * name for: FusedBatchNormV3 and its gradient. They read a batch a third as often as the steps do.
 */
import * as tf from '@tensorflow/tfjs';
import type { Normalized } from './batch-statistics.ts';

/** What this needs of tfjs-node's back end. */
interface TensorflowBackend {
  readonly binding: Readonly<Record<string, number>>;
  executeMultipleOutputs(
    operator: string,
    attributes: readonly object[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** That of tfjs-node, where it is the one in use. */
export function tensorflowBackend(): TensorflowBackend | undefined {
  if (tf.getBackend() !== 'tensorflow') return undefined;
  const backend = tf.backend() as unknown as TensorflowBackend;
  return 'executeMultipleOutputs' in backend ? backend : undefined;
}

/** x normalized along all axes but the last, times gamma, plus beta. */
export function normalizeInTensorflow(
  backend: TensorflowBackend,
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): Normalized {
  const { binding } = backend;
  const channels = x.shape.at(-1) as number;
  const image = (tensor: tf.Tensor) => tensor.reshape([-1, 1, 1, channels]);
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
  const run = (operator: string, inputs: tf.Tensor[], outputs: number) =>
    backend.executeMultipleOutputs(operator, attributes, inputs, outputs);
  const empty = tf.tensor1d([]);
  const given = [image(x), gamma, beta, empty, empty];
  // The variance of all there could be, which is second, is not what x is divided by; the fifth is.
  const [y, , , mean, variance, reserved] = run('FusedBatchNormV3', given, 6) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const operation = tf.customGrad((...inputs) => {
    const [image4d, factor, , save] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([image4d, factor, mean, variance, reserved]);
    return {
      value: y.clone(),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        run('FusedBatchNormGradV3', [dy, ...saved], 5).slice(0, 3),
    };
  });
  return { y: operation(image(x), gamma, beta).reshape(x.shape), mean, variance };
}
