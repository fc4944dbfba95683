/** Reads the kernel sources that ship with the package; the stages before only see their text. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withChoices } from '../emit/kernel-choices.ts';
import type { KernelSources } from '../emit/kernel-sources.ts';

const KERNELS_FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'kernels');

let loaded: KernelSources | undefined;

/** All files under kernels/ and the kernels that choose, by their path, with forward slashes. */
export function loadKernelSources(): KernelSources {
  loaded ??= withChoices(readKernelSources());
  return loaded;
}

function readKernelSources(): KernelSources {
  return new Map(
    readdirSync(KERNELS_FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.[ch]$/.test(path))
      .map((path) => [
        path.replaceAll('\\', '/'),
        readFileSync(join(KERNELS_FOLDER, path), 'utf8'),
      ]),
  );
}
