/** TensorFlow.js on its WebAssembly backend, with SIMD, in Node.js: tfjs-wasm.js FOLDER */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { floats, json, serve } from './peer.js';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs-core');
const { setWasmPaths, version_wasm: version } = require('@tensorflow/tfjs-backend-wasm');

const [folder] = process.argv.slice(2);
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'));
await tf.setBackend('wasm');

const net = json(folder, 'net.json');
const weights = floats(folder, 'weights.bin');
let at = 0;
const steps = net.layers.map((layer, index) => stepOf(layer, index));
const x = tf.tensor(floats(folder, 'x.bin'), [1, ...net.input]);

/** The result leaves `tidy` as a tensor: of an array it would look at every element. */
const run = () => {
  const y = tf.tidy(() => steps.reduce((value, step) => step(value), x));
  const values = y.dataSync();
  y.dispose();
  return values;
};
const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
await serve({ name: 'TensorFlow.js wasm', version, simd }, run, run);

function stepOf(layer, index) {
  const pad = 'same';
  if (layer.op === 'pool') return (value) => tf.maxPool(value, 2, 2, pad);
  const last = index === net.layers.length - 1 && index > 0;
  const activation = last ? 'linear' : 'relu';
  const inputs = layer.from.at(-1);
  const { channels, kernel } = layer;
  if (layer.op === 'conv') {
    const filter = next([kernel, kernel, inputs, channels]);
    const bias = next([channels]);
    return (value) => tf.fused.conv2d({ x: value, filter, strides: 1, pad, bias, activation });
  }
  const matrix = next([inputs, channels]);
  const bias = next([channels]);
  return (value) =>
    tf.fused.matMul({ a: tf.reshape(value, [1, inputs]), b: matrix, bias, activation });
}

/** The next weights of the file. */
function next(shape) {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = weights.slice(at, at + size);
  at += size;
  return tf.tensor(values, shape);
}
