/** Which back end of TensorFlow.js trains. */
import * as tf from '@tensorflow/tfjs';
import { registerWasmKernels } from './wasm-kernels.ts';

/** Back ends in the order they are tried, each with the package that brings it. */
const BACKENDS: readonly { readonly name: string; readonly packages: readonly string[] }[] = [
  { name: 'tensorflow', packages: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] },
  { name: 'wasm', packages: ['@tensorflow/tfjs-backend-wasm'] },
  { name: 'cpu', packages: ['@tensorflow/tfjs-backend-cpu'] },
];

/**
 * Starts the first back end that is installed, or the one that is named, and returns its name:
 * "tensorflow" (tfjs-node), "wasm", or "cpu", which is plain JavaScript and slow. Throws when the
 * named one is not there.
 */
export async function startBackend(wanted?: string): Promise<string> {
  const choices = BACKENDS.filter(({ name }) => wanted === undefined || name === wanted);
  for (const { name, packages } of choices) {
    if (!(await isImported(packages))) continue;
    if (name === 'wasm') registerWasmKernels();
    if (await tf.setBackend(name)) return name;
  }
  const packages = choices.flatMap((choice) => choice.packages);
  throw new Error(
    `No back end "${wanted}" of TensorFlow.js: install ${packages.join(' or ') || 'another'}.`,
  );
}

/** Whether one of the packages is there; it is imported then, so that its back end is known. */
async function isImported(packages: readonly string[]): Promise<boolean> {
  for (const name of packages) {
    const found = await import(/* @vite-ignore */ name).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
