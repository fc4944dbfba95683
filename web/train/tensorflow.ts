/**
 * What the page needs of TensorFlow.js; the bundler puts it in the place of `@tensorflow/tfjs`, which
 * has a WebGL back end, a converter and data pipelines too and is twice as large.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
