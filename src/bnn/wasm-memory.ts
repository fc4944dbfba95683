/**
 * The kernels of wasm/, on tensors in the memory of TensorFlow.js' wasm back end. They are a module of
 * their own, which that memory is lent to: what they read and write is never copied.
 */
import * as tf from '@tensorflow/tfjs';
import { KERNELS_WASM } from './wasm-binary.ts';

/** A kernel of TensorFlow.js, what it is called with, and tensors as it sees them. */
export type WasmKernel = Parameters<typeof tf.registerKernel>[0]['kernelFunc'];
export type KernelParams = Parameters<WasmKernel>[0];
export type Info = tf.TensorInfo;

/** What wasm/*.c exports; pointers and counts are numbers. */
export type NativeName =
  | 'filter_gradient'
  | 'convolve'
  | 'max_pool_gradient'
  | 'sign'
  | 'clipped'
  | 'moments'
  | 'normalize'
  | 'normalize_gradients';
type Natives = Readonly<Record<NativeName, (...operands: number[]) => void>>;

/** What is used here of the back end; its package need not be installed, so it is not imported. */
interface WasmBackend {
  readonly wasm: { readonly asm?: { readonly memory?: unknown } };
  readonly dataIdMap: { get(dataId: tf.DataId): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): Info;
  typedArrayFromHeap(tensor: Info): tf.TypedArray;
}

/** The module on the memory of each back end that there is or was. */
const modules = new WeakMap<object, Natives | undefined>();

/** The kernels on a back end's memory; undefined where it has none to lend, or no SIMD. */
export function nativesOf(backend: unknown): Natives | undefined {
  const key = backend as WasmBackend;
  if (!modules.has(key)) modules.set(key, instantiate(key));
  return modules.get(key);
}

function instantiate({ wasm }: WasmBackend): Natives | undefined {
  const memory = wasm.asm?.memory;
  const bytes = Uint8Array.from(atob(KERNELS_WASM), (character) => character.charCodeAt(0));
  if (!(memory instanceof WebAssembly.Memory) || !WebAssembly.validate(bytes)) return undefined;
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory },
    });
    return exports as unknown as Natives;
  } catch {
    // A memory that is shared between threads does not fit the module.
    return undefined;
  }
}

/** A new tensor; what it holds is undefined. */
export function makeInfo(backend: unknown, shape: readonly number[]): Info {
  return (backend as WasmBackend).makeOutput([...shape], 'float32');
}

/** A new tensor of zeros. */
export function makeZeros(backend: unknown, shape: readonly number[]): Info {
  const info = makeInfo(backend, shape);
  (backend as WasmBackend).typedArrayFromHeap(info).fill(0);
  return info;
}

/** Where a tensor lies in the memory. */
export function addressOf(backend: unknown, { dataId }: Info): number {
  return (backend as WasmBackend).dataIdMap.get(dataId).memoryOffset;
}

/** Calls `use` with the address of some integers, which are there until it returns. */
export function withIntegers(
  backend: unknown,
  integers: readonly number[],
  use: (address: number) => void,
): void {
  const tensor = tf.tensor1d([...integers], 'int32');
  use(addressOf(backend, tensor));
  tensor.dispose();
}
