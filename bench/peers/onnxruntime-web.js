/** ONNX Runtime web, WebAssembly with SIMD in Node.js: onnxruntime-web.js FOLDER float|int8 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web/wasm';
import { floats, json, serve } from './peer.js';

const [folder, kind] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
ort.env.wasm.proxy = false;
ort.env.logLevel = 'error';

const model = readFileSync(join(folder, `${kind}.onnx`));
const session = await ort.InferenceSession.create(model, {
  executionProviders: ['wasm'],
  graphOptimizationLevel: 'all',
});
const net = json(folder, 'net.json');
const image = net.input.length === 3;
const ends = json(folder, 'int8.json');
/** Single 8-bit convolutions work by pixel, all the others by plane. */
const { shape } = session.inputMetadata[0];
const byPlane = image && shape[1] !== net.input[0];
const x = tensorOf(floats(folder, 'x.bin'));

const run = async () => Object.values(await session.run({ x }))[0].data;
const about = { name: 'ONNX Runtime web', version: ort.env.versions.web };
await serve(about, run, async () => toFloat(await run()));

function tensorOf(given) {
  const values = byPlane ? transposed(given, net.input, true) : given;
  if (kind === 'float') return new ort.Tensor('float32', values, shape);
  const [scale, zero] = ends.x;
  const bytes = Uint8Array.from(values, (value) => clamp(Math.round(value / scale) + zero));
  return new ort.Tensor('uint8', bytes, shape);
}

function toFloat(data) {
  const [scale, zero] = ends.y;
  const values = kind === 'float' ? data : Float32Array.from(data, (q) => (q - zero) * scale);
  const last = net.layers.at(-1).to;
  return byPlane && last.length === 3 ? transposed(values, last, false) : values;
}

function clamp(value) {
  return Math.min(255, Math.max(0, value));
}

/** HWC to CHW, or back. */
function transposed(values, [height, width, channels], toPlanes) {
  const pixels = height * width;
  const result = new Float32Array(values.length);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < pixels; p++) {
      const [at, from] = [c * pixels + p, p * channels + c];
      if (toPlanes) result[at] = values[from];
      else result[from] = values[at];
    }
  return result;
}
