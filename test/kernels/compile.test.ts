/** Kernel sources as text, and under compilers that may not find anything to say about them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { amalgamate } from '../../src/emit/amalgamate.ts';
import { chunksOf } from '../../src/emit/c-chunks.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { runToEnd } from '../../src/toolchain/process.ts';
import { testWith } from '../support/tools.ts';

const KERNELS = fileURLToPath(new URL('../../kernels', import.meta.url));
const FLAGS =
  '-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror'.split(' ');
const COMPILERS = ['gcc', 'clang'] as const;

const sources = loadKernelSources();
const kernelPaths = [...sources.keys()].filter((path) => path.endsWith('.c'));

async function expectSilence(
  compiler: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  const { code, stderr } = await runToEnd(compiler, args, { cwd, timeoutSeconds: 300 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

test('a kernel file defines the one kernel that it is named after', () => {
  const misnamed = kernelPaths.filter((path) => {
    const name = path.replace(/^.*\//, '').replace(/\.c$/, '');
    const defined = [...(sources.get(path) as string).matchAll(/^BN_KERNEL void (\w+)\(/gm)];
    return defined.length !== 1 || defined[0]?.[1] !== name;
  });
  expect(misnamed).toEqual([]);
});

test('no name is defined in two files', () => {
  const places = new Map<string, string[]>();
  for (const [path, text] of sources) {
    for (const name of new Set(chunksOf(text).flatMap((chunk) => chunk.defines))) {
      places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  expect([...places].filter(([, paths]) => paths.length > 1)).toEqual([]);
});

test('files include only each other and what C99 has', () => {
  const allowed = /^#include (<(math|stddef|stdint|string)\.h>|"(\.\.\/)*(include\/)?\w+\.h")$/;
  const odd = [...sources].flatMap(([path, text]) => {
    const lines = text.split('\n').filter((line) => line.startsWith('#include'));
    return lines.filter((line) => !allowed.test(line)).map((line) => `${path}: ${line}`);
  });
  expect(odd).toEqual([]);
});

for (const compiler of COMPILERS) {
  for (const wordBits of [32, 64]) {
    testWith([compiler], `each file alone, ${compiler}, words of ${wordBits} bits`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'binarynet-kernels-'));
      try {
        const defines = ['-DBN_KERNEL=', `-DBN_WORD_BITS=${wordBits}`];
        const files = kernelPaths.map((path) => join(KERNELS, path));
        await expectSilence(compiler, [...FLAGS, '-O1', '-c', ...defines, ...files], folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  testWith([compiler], `each kernel pasted with what it needs, ${compiler}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'binarynet-kernels-'));
    try {
      const files = kernelPaths.map((path, index) => {
        const name = path.replace(/^.*\//, '').replace(/\.c$/, '');
        const { systemIncludes, text } = amalgamate([name], sources, { BN_KERNEL: '' });
        const includes = systemIncludes.map((header) => `#include <${header}>\n`).join('');
        const file = join(folder, `${index}.c`);
        writeFileSync(file, includes + text);
        return file;
      });
      await expectSilence(compiler, [...FLAGS, '-fsyntax-only', ...files], folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
