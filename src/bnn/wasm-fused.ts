/**
 * Operations that take TensorFlow.js many steps, as one kernel each: the sign with its gradient, and
 * batch normalization with its gradients. The wasm back end has them, see wasm/*.c; for other ones
 * `runFused` answers undefined, and the many steps are taken.
 */
import * as tf from '@tensorflow/tfjs';
import { addressOf, type Info, makeInfo, nativesOf, type WasmKernel } from './wasm-memory.ts';

type Operands = Readonly<Record<string, tf.Tensor>>;

/** By name; what they read and write is in wasm/*.c. */
export const FUSED_KERNELS = {
  BinarySign: ({ inputs, backend }) => {
    const { x } = inputs as { x: Info };
    const y = makeInfo(backend, x.shape);
    const [from, to] = [addressOf(backend, x), addressOf(backend, y)];
    nativesOf(backend)?.sign(from, to, tf.util.sizeFromShape(x.shape));
    return y;
  },
  BinarySignGrad: ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: Info; dy: Info };
    const dx = makeInfo(backend, x.shape);
    const [from, up, to] = [x, dy, dx].map((info) => addressOf(backend, info)) as Three;
    const { clipValue } = attrs as unknown as { clipValue: number };
    nativesOf(backend)?.clipped(from, up, to, tf.util.sizeFromShape(x.shape), clipValue);
    return dx;
  },
  BatchMoments: ({ inputs, backend }) => {
    const { x } = inputs as { x: Info };
    const [rows, channels] = rowsOf(x);
    const results = [makeInfo(backend, [channels]), makeInfo(backend, [channels])];
    const [from, mean, variance] = [x, ...results].map((info) => addressOf(backend, info)) as Three;
    nativesOf(backend)?.moments(from, mean, variance, rows, channels);
    return results;
  },
  BatchNormalize: ({ inputs, backend, attrs }) => {
    const { x, mean, variance, gamma, beta } = inputs as Record<string, Info> & { x: Info };
    const y = makeInfo(backend, x.shape);
    const operands = [x, mean, variance, gamma, beta, y] as Info[];
    const addresses = operands.map((info) => addressOf(backend, info));
    const { epsilon } = attrs as unknown as { epsilon: number };
    nativesOf(backend)?.normalize(...addresses, ...rowsOf(x), epsilon);
    return y;
  },
  BatchNormalizeGrad: ({ inputs, backend, attrs }) => {
    const { x, dy, mean, variance, gamma } = inputs as Record<string, Info> & { x: Info };
    const [, channels] = rowsOf(x);
    const results = [x.shape, [channels], [channels]].map((shape) => makeInfo(backend, shape));
    const operands = [x, dy, mean, variance, gamma, ...results] as Info[];
    const addresses = operands.map((info) => addressOf(backend, info));
    const { epsilon } = attrs as unknown as { epsilon: number };
    nativesOf(backend)?.normalize_gradients(...addresses, ...rowsOf(x), epsilon);
    return results;
  },
} as const satisfies Readonly<Record<string, WasmKernel>>;

type Three = [number, number, number];

/** What a tensor has along its last axis, and how often. */
function rowsOf({ shape }: Info): [rows: number, channels: number] {
  const channels = shape.at(-1) as number;
  return [tf.util.sizeFromShape(shape) / channels, channels];
}

/** The results of one of these kernels, where the back end has it for such tensors. */
export function runFused(
  name: keyof typeof FUSED_KERNELS,
  operands: Operands,
  attributes: Readonly<Record<string, number>> = {},
): tf.Tensor[] | undefined {
  if (tf.getBackend() !== 'wasm' || !tf.getKernel(name, 'wasm')) return undefined;
  if (!nativesOf(tf.backend())) return undefined;
  if (Object.values(operands).some(({ dtype }) => dtype !== 'float32')) return undefined;
  return [tf.engine().runKernel(name, operands, attributes)].flat() as tf.Tensor[];
}
