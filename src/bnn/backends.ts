/** Which back end of TensorFlow.js trains. */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { registerWasmGradients } from './wasm-gradients.ts';

interface Backend {
  readonly name: string;
  /** The packages that bring it. */
  readonly install: string;
  /** Makes it known to TensorFlow.js; says why where it can't. */
  readonly prepare: (isWanted: boolean) => Promise<true | string>;
}

/** In the order they are tried. */
const BACKENDS: readonly Backend[] = [
  {
    name: 'tensorflow',
    install: '@tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node',
    prepare: prepareNode,
  },
  {
    name: 'webgpu',
    install: '@tensorflow/tfjs-backend-webgpu and, in Node.js, webgpu',
    prepare: prepareWebGpu,
  },
  { name: 'wasm', install: '@tensorflow/tfjs-backend-wasm', prepare: prepareWasm },
  {
    name: 'cpu',
    install: '@tensorflow/tfjs-backend-cpu',
    prepare: () => imported('@tensorflow/tfjs-backend-cpu'),
  },
];

/**
 * Starts the first back end that is installed and works, or the one that is named, and returns its name:
 * "tensorflow" (tfjs-node, with or without a GPU), "webgpu" (with a GPU only, unless it is named), "wasm",
 * or "cpu", which is plain JavaScript and slow. Throws a `BinarynetError` when the named one is not there.
 */
export async function startBackend(wanted?: string): Promise<string> {
  const choices = BACKENDS.filter(({ name }) => wanted === undefined || name === wanted);
  const reasons: string[] = [];
  for (const { name, prepare } of choices) {
    const found = await prepare(wanted !== undefined);
    if (found === true && (await tf.setBackend(name))) return name;
    reasons.push(found === true ? `TensorFlow.js can't start ${name}.` : found);
  }
  const packages = choices.map(({ install }) => install).join(', or ');
  const names = BACKENDS.map(({ name }) => name).join(', ');
  return fail({
    code: 'missing-tool',
    found: reasons.join(' ') || `There is no back end "${wanted}".`,
    fix: packages ? `It needs ${packages}.` : `Name one of ${names}.`,
  });
}

/** TensorFlow leaves oneDNN's convolutions out on some processors that gain from them. */
async function prepareNode(): Promise<true | string> {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  const environment = process?.env;
  if (environment) environment.TF_ENABLE_ONEDNN_OPTS ??= '1';
  const gpu = await imported('@tensorflow/tfjs-node-gpu');
  return gpu === true ? true : imported('@tensorflow/tfjs-node');
}

async function prepareWasm(): Promise<true | string> {
  const found = await imported('@tensorflow/tfjs-backend-wasm');
  if (found === true) registerWasmGradients();
  return found;
}

/** What this needs of the WebGPU API. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly info?: { readonly architecture?: string; readonly isFallbackAdapter?: boolean };
  } | null>;
}

/** A GPU in software is slower than WebAssembly: it is taken only when it is asked for. */
async function prepareWebGpu(isWanted: boolean): Promise<true | string> {
  const gpu = await webGpu();
  if (gpu === undefined) return 'There is no WebGPU here.';
  // It registers itself only where it finds WebGPU.
  const found = await imported('@tensorflow/tfjs-backend-webgpu');
  if (found !== true) return found;
  const adapter = await gpu.requestAdapter();
  if (!adapter) return 'WebGPU finds no GPU.';
  const { architecture, isFallbackAdapter } = adapter.info ?? {};
  const isSoftware = isFallbackAdapter || architecture === 'swiftshader';
  return !isSoftware || isWanted || 'WebGPU finds no GPU but software.';
}

/** That of the browser or, in Node.js, of the package "webgpu", which is Dawn. */
async function webGpu(): Promise<Gpu | undefined> {
  const scope = globalThis as { navigator?: { gpu?: Gpu } };
  if (scope.navigator?.gpu) return scope.navigator.gpu;
  const name = 'webgpu';
  const dawn: { create: (options: string[]) => Gpu; globals: object } | undefined = await import(
    /* @vite-ignore */ name
  ).catch(() => undefined);
  if (!dawn) return undefined;
  const gpu = dawn.create([]);
  Object.assign(globalThis, dawn.globals);
  scope.navigator ??= {};
  Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

/** Imports a package, so that its back end is known; a sentence where it is not there or fails. */
async function imported(name: string): Promise<true | string> {
  return import(/* @vite-ignore */ name).then(
    () => true as const,
    (error: Error & { code?: string }) =>
      error.code === 'ERR_MODULE_NOT_FOUND'
        ? `${name} is not installed.`
        : `${name} can't be loaded: ${error.message.split('\n')[0]}`,
  );
}
