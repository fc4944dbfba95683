/**
 * Compiles src/bnn/wasm/*.c, the kernels that training on TensorFlow.js' wasm back end takes, into
 * src/bnn/wasm-binary.ts; with --check it only says whether that is up to date.
 *
 *     npm run build:training-kernels [-- --check]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from '@yowasp/clang';

const root = fileURLToPath(new URL('../src/bnn', import.meta.url));
const folder = join(root, 'wasm');

/** The kernels as a module that takes the back end's memory and has nothing of its own in it. */
async function buildTrainingKernels() {
  const names = readdirSync(folder).sort();
  const sources = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
  const files = await commands.clang(
    [
      '--target=wasm32',
      ...['-O3', '-msimd128', '-ffreestanding', '-nostdlib', '-Wall', '-Wextra', '-Werror'],
      ...['--no-entry', '--import-memory', '--strip-all'].map((option) => `-Wl,${option}`),
      // The memory is another module's: a stack in it would overwrite what lies there.
      '-Wl,-z,stack-size=0',
      ...names.filter((name) => name.endsWith('.c')),
      ...['-o', 'kernels.wasm'],
    ],
    sources,
  );
  return files['kernels.wasm'];
}

const bytes = await buildTrainingKernels();
const source = `/** src/bnn/wasm/*.c, compiled by scripts/build-training-kernels.js. */
export const KERNELS_WASM =
  '${Buffer.from(bytes).toString('base64')}';
`;
const output = join(root, 'wasm-binary.ts');
if (!process.argv.includes('--check')) writeFileSync(output, source);
else if (readFileSync(output, 'utf8') !== source) {
  console.error('src/bnn/wasm-binary.ts is not what src/bnn/wasm/*.c gives: build it anew.');
  process.exitCode = 1;
}
