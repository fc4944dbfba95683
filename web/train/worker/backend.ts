/**
 * Which back end of TensorFlow.js trains: WebGPU where the browser has a GPU for it, otherwise wasm.
 * What is not taken says why.
 */
import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { registerWasmGradients } from '../../../src/bnn/index.ts';
import { fail, type Problem } from '../../../src/errors.ts';
import type { Backend } from '../messages.ts';

/** Called when a back end that ran can go on no more. */
type OnLost = (problem: Problem) => void;

interface StartOptions {
  /** By name; nothing else is tried then. */
  readonly isWanted: boolean;
  readonly onLost: OnLost;
}

interface Starter {
  readonly name: Backend['name'];
  readonly title: string;
  /** Starts it and returns what it runs on; throws when it can't. */
  readonly start: (options: StartOptions) => Promise<string>;
}

const STARTERS: readonly Starter[] = [
  { name: 'webgpu', title: 'WebGPU', start: startWebGpu },
  { name: 'wasm', title: 'WebAssembly', start: startWasm },
];

/** Starts the best that works, or the one that is wanted and no other. */
export async function startBackend(wanted: string | null, onLost: OnLost): Promise<Backend> {
  const reasons: string[] = [];
  const choices = STARTERS.filter(({ name }) => wanted === null || name === wanted);
  for (const { name, title, start } of choices) {
    try {
      const detail = await start({ isWanted: wanted !== null, onLost });
      await checkSums();
      return { name, detail, ...(reasons.length > 0 ? { reason: reasons.join(' ') } : {}) };
    } catch (error) {
      reasons.push(`${title} is not used: ${sentence(error)}`);
    }
  }
  const names = STARTERS.map(({ name }) => name).join(', ');
  return fail({
    code: 'missing-tool',
    found: reasons.join(' ') || `There is no back end "${wanted}".`,
    fix: wanted === null ? 'Try another browser.' : `Leave ?backend= out, or give one of ${names}.`,
  });
}

async function startWebGpu({ isWanted, onLost }: StartOptions): Promise<string> {
  if (!('gpu' in navigator)) throw new Error('this browser does not have it');
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('the browser found no GPU for it');
  const { vendor, architecture, description } = adapter.info;
  const gpu = description || [vendor, architecture].filter(Boolean).join(' ') || 'a GPU';
  // A GPU in software is slower than WebAssembly.
  const isSoftware = adapter.info.isFallbackAdapter || architecture === 'swiftshader';
  if (isSoftware && !isWanted) throw new Error(`its GPU here is software (${gpu})`);
  await import('@tensorflow/tfjs-backend-webgpu');
  await use('webgpu');
  const { device } = tf.backend() as WebGPUBackend;
  void device.lost.then(({ message }) => {
    onLost({
      code: 'tool-failed',
      found: `The browser has lost the GPU (${message.trim() || 'it tells not why'}).`,
      fix: 'Reload the page; with ?backend=wasm it does without a GPU.',
    });
  });
  return gpu;
}

async function startWasm(): Promise<string> {
  wasm.setWasmPaths(new URL('./', import.meta.url).href);
  registerWasmGradients();
  // Threads that wait for each other made a busy machine ten times slower.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await use('wasm');
  return (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'SIMD' : 'no SIMD';
}

async function use(name: Backend['name']): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error('TensorFlow.js could not start it');
  await tf.ready();
}

/** A back end that starts may still compute nonsense, on a broken driver. */
async function checkSums(): Promise<void> {
  const product = tf.tidy(() => {
    const ones = tf.ones([20, 30]);
    return tf.matMul(ones, ones, false, true);
  });
  const values = await product.data();
  product.dispose();
  if (!values.every((value) => value === 30)) throw new Error('it computes wrong sums');
}

/** What an error says, as the end of a sentence. */
function sentence(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
