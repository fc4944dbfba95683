/** Everyone who takes part: what starts them, for which kind, and what is missing to do so. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { json } from './peer.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const ONNX_PYTHON = join(HERE, '.venv/onnx/bin/python');
export const TENSORFLOW_PYTHON = join(HERE, '.venv/tensorflow/bin/python');

/** Node.js that compiles WebAssembly for speed at once, not some functions during the first rounds. */
export const NODE = [process.execPath, '--no-wasm-dynamic-tiering'];

/**
 * The types that a network is in, what its results are compared with and how closely. The rest says
 * how binarynet makes it: from which model, with layers of one bit looked for or not, or in bytes
 * with weights of a type.
 */
export const KINDS = {
  float: { reference: 'y-float.bin', tolerance: 1e-4, model: 'float', binary: false },
  int8: { reference: 'y-float.bin', tolerance: 0.2, weights: 'i8' },
  'int8×int7': { reference: 'y-float.bin', tolerance: 0.2, weights: 'i7' },
  'float×binary': { reference: 'y-float.bin', tolerance: 1e-4, model: 'float', binary: true },
  'int8×binary': { reference: 'y-float.bin', tolerance: 0.2, weights: 'bit' },
  binary: { reference: 'y-binary.bin', tolerance: 1e-6, model: 'binary', binary: true },
};

/** Where ours-build.js puts a network of a folder. */
export function oursFolder(folder, target, kind) {
  return join(folder, `ours-${target}-${kind.replace('×', '-')}`);
}

const python = (program, script, file, ...args) => ({
  needs: program,
  command: (folder) => [program, join(HERE, script), folder, ...args],
  file,
});

const node = (module, script, file, ...args) => ({
  needs: join(HERE, 'node_modules', module),
  command: (folder) => [...NODE, join(HERE, script), folder, ...args],
  file,
});

/** The kinds of the models of make_onnx.py: what its quantizer makes has weights of 7 bits. */
const ONNX_KINDS = { float: 'float', int8: 'int8×int7' };

/** The others. `place` is where they run: machine code or WebAssembly. */
export const PEERS = [
  ...['float', 'int8'].flatMap((kind) => [
    {
      engine: 'ONNX Runtime',
      place: 'native',
      kind: ONNX_KINDS[kind],
      ...python(ONNX_PYTHON, 'onnxruntime_native.py', `${kind}.onnx`, kind),
    },
    {
      engine: 'LiteRT (XNNPACK)',
      place: 'native',
      kind,
      ...python(ONNX_PYTHON, 'litert.py', `${kind}.tflite`, kind),
    },
  ]),
  {
    // Weights of all 8 bits take another of its kernels.
    engine: 'ONNX Runtime, u8 weights',
    place: 'native',
    kind: 'int8',
    ...python(ONNX_PYTHON, 'onnxruntime_native.py', 'uint8.onnx', 'uint8'),
  },
  {
    // What one would write by hand, see popcount.c.
    engine: '64-bit POPCNT, 2×4 tiles',
    place: 'native',
    kind: 'binary',
    needs: '/usr/bin/cc',
    takes: ({ layers: [layer, ...others] }) => layer.op === 'conv' && others.length === 0,
    program: 'popcount',
    command: (folder, program) => {
      const { input, layers } = json(folder, 'net.json');
      const [{ channels, kernel }] = layers;
      return [program, folder, ...[...input, channels, kernel].map(String)];
    },
  },
  {
    engine: 'Larq Compute Engine',
    place: 'native',
    kind: 'binary',
    // It pads images with 1, so that its results are its own.
    unchecked: true,
    ...python(TENSORFLOW_PYTHON, 'larq_engine.py', 'larq.tflite'),
  },
  ...['float', 'int8'].map((kind) => ({
    engine: 'ONNX Runtime web',
    place: 'wasm',
    kind: ONNX_KINDS[kind],
    ...node('onnxruntime-web', 'onnxruntime-web.js', `${kind}.onnx`, kind),
  })),
  {
    engine: 'TensorFlow.js wasm',
    place: 'wasm',
    kind: 'float',
    ...node('@tensorflow/tfjs-backend-wasm', 'tfjs-wasm.js', 'weights.bin'),
  },
];

/** binarynet, for a native target and for WebAssembly. */
export function ours(nativeTarget) {
  return [nativeTarget, 'wasm'].flatMap((target) =>
    Object.keys(KINDS).map((kind) => ({
      engine: 'binarynet',
      place: target === 'wasm' ? 'wasm' : 'native',
      kind,
      target,
    })),
  );
}

export function isInstalled({ needs }) {
  return existsSync(needs);
}

/** How one is called in messages. */
export function titleOf({ engine, place, kind }) {
  return `${engine}, ${place}, ${kind}`;
}
