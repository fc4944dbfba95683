/**
 * Builds the training page: its scripts, its style, the WebAssembly of TensorFlow.js and the text of
 * the C kernels. Everything that the page asks for is in the folder then.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const KERNELS = join(HERE, '../../kernels');
const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
/** With SIMD and without; the page trains on one thread. */
const WASM_FILES = ['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm.wasm'];

/** Writes the page to a folder, in place of what is there. */
export async function buildPage(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: {
      main: join(HERE, 'page/main.ts'),
      worker: join(HERE, 'worker/worker.ts'),
      style: join(HERE, 'style.css'),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    alias: { '@tensorflow/tfjs': join(HERE, 'tensorflow.ts') },
    // Node.js' own, which TensorFlow.js asks for where it runs there.
    external: ['fs', 'path', 'worker_threads', 'perf_hooks', 'os'],
  });
  await copyFile(join(HERE, 'index.html'), join(folder, 'index.html'));
  for (const file of WASM_FILES) await copyFile(join(WASM, file), join(folder, file));
  await writeFile(join(folder, 'kernels.json'), JSON.stringify(await kernelTexts()));
}

/** Path under kernels/, with forward slashes, to text. */
async function kernelTexts() {
  const paths = await readdir(KERNELS, { recursive: true });
  const sources = paths.filter((path) => /\.[ch]$/.test(path)).sort();
  const entries = sources.map(async (path) => [
    path.replaceAll('\\', '/'),
    await readFile(join(KERNELS, path), 'utf8'),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
