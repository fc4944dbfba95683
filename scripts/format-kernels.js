/**
 * Formats the C of kernels/ and src/bnn/wasm/ with clang-format, by kernels/.clang-format; says so and
 * does nothing where clang-format is not installed. With --check it changes nothing and exits with 1
 * when a file is not formatted.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kernels, training] = ['../kernels', '../src/bnn/wasm'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const files = [kernels, training].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[ch]$/.test(path))
    .map((path) => join(folder, path)),
);

const style = `--style=file:${join(kernels, '.clang-format')}`;
const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
const result = spawnSync('clang-format', [style, ...mode, ...files], { stdio: 'inherit' });
if (result.error) console.error('clang-format is not installed: the C is left as it is');
else process.exitCode = result.status === 0 ? 0 : 1;
