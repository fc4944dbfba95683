/**
 * Formats the C of kernels/ with clang-format, by kernels/.clang-format; says so and does nothing
 * where clang-format is not installed. With --check it changes nothing and exits with 1 when a file
 * is not formatted.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../kernels', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.[ch]$/.test(path))
  .map((path) => join(folder, path));

const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
const result = spawnSync('clang-format', ['--style=file', ...mode, ...files], { stdio: 'inherit' });
if (result.error) console.error('clang-format is not installed: kernels/ is left as it is');
else process.exitCode = result.status === 0 ? 0 : 1;
