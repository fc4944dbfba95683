/** Kernel sources as text, and under compilers that may not find anything to say about them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { amalgamate } from '../../src/emit/amalgamate.ts';
import { chunksOf } from '../../src/emit/c-chunks.ts';
import { RUN_TIME_CHOICE } from '../../src/plan/folders.ts';
import { takesPart } from '../../src/plan/parts.ts';
import { TARGETS, targetNamed } from '../../src/plan/targets.ts';
import { findBuilder } from '../../src/toolchain/compilers.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { runToEnd } from '../../src/toolchain/process.ts';
import { buildWasm } from '../../src/toolchain/wasm.ts';
import { type Tool, testWith, toolsFor } from '../support/tools.ts';

const KERNELS = fileURLToPath(new URL('../../kernels', import.meta.url));
const FLAGS =
  '-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror'.split(' ');
const sources = loadKernelSources();
/** Without threads/, which is what kernels run on; test/emit/threads.test.ts has that. */
const kernelSources = [...sources].filter(([path]) => !path.startsWith('threads/'));
const kernelPaths = kernelSources.map(([path]) => path).filter((path) => path.endsWith('.c'));

function folderOf(path: string): string {
  return path.replace(/\/.*$/, '');
}

/** Compilers with flags under which a folder is to be looked through. */
interface Lint {
  readonly folder: string;
  readonly where: string;
  readonly tools: readonly Tool[];
  readonly compiler: string;
  readonly flags: readonly string[];
}

const COMPILERS = ['gcc', 'clang'] as const;

const SCALAR_LINTS: readonly Lint[] = COMPILERS.map((compiler) => ({
  folder: 'scalar',
  where: `scalar, ${compiler}`,
  tools: [compiler],
  compiler,
  flags: [],
}));

const TARGET_LINTS: readonly Lint[] = TARGETS.flatMap((target) =>
  COMPILERS.flatMap((name) => {
    const [folder = 'scalar'] = target.kernels;
    if (target.toolchain.kind !== 'native' || folder === 'scalar') return [];
    const [own = 'gcc'] = toolsFor(target);
    const builder = findBuilder(target, name === 'gcc' ? own : name);
    const { compiler = name, flags = [] } = builder ?? {};
    const tools = [...new Set<Tool>([own, name])];
    const where = `${folder}, ${name}, target ${target.name}`;
    return [{ folder, where, tools, compiler, flags }];
  }),
);

function pathsIn(folder: string): readonly string[] {
  return kernelPaths.filter((path) => folderOf(path) === folder);
}

const LINTS = [...SCALAR_LINTS, ...TARGET_LINTS].filter(({ folder }) => pathsIn(folder).length > 0);

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

test('a kernel outside scalar stands in for one that is there', () => {
  const others = kernelPaths.filter((path) => folderOf(path) !== 'scalar');
  const strays = others.filter((path) => {
    const kernel = /^(\w+)\/(\w+)__\1\.c$/.exec(path)?.[2];
    return kernel === undefined || !sources.has(`scalar/${kernel}__scalar.c`);
  });
  expect(strays).toEqual([]);
});

test('the planner knows which kernels take a part of their work', () => {
  const wrong = kernelPaths.filter((path) => {
    const takes = /^BN_KERNEL void \w+\([^)]*\bstruct bn_part part\)/m;
    const name = path.replace(/^.*\//, '');
    return takes.test(sources.get(path) as string) !== takesPart(name);
  });
  expect(wrong).toEqual([]);
});

test('no name is defined in two files', () => {
  const places = new Map<string, string[]>();
  for (const [path, text] of kernelSources) {
    for (const name of new Set(chunksOf(text).flatMap((chunk) => chunk.defines))) {
      places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  expect([...places].filter(([, paths]) => paths.length > 1)).toEqual([]);
});

test('files include only each other, what C99 has and, outside scalar, intrinsics', () => {
  const allowed =
    /^#include (<(math|stddef|stdint|string)\.h>|"(\.\.\/)*((include|neon|avx2)\/)?\w+\.h")$/;
  const intrinsics = /^#include <(immintrin|arm_neon|arm_mve|wasm_simd128|riscv_vector)\.h>$/;
  const odd = kernelSources.flatMap(([path, text]) => {
    // Kernels that choose include those that they choose among.
    if (folderOf(path) === RUN_TIME_CHOICE.name) return [];
    const isPlain = ['scalar', 'include'].includes(folderOf(path));
    return text
      .split('\n')
      .filter((line) => line.startsWith('#include') && !allowed.test(line))
      .filter((line) => isPlain || !intrinsics.test(line))
      .map((line) => `${path}: ${line}`);
  });
  expect(odd).toEqual([]);
});

function inTemporaryFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'binarynet-kernels-'));
  return action(folder).finally(() => rmSync(folder, { recursive: true }));
}

function nameOf(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.c$/, '');
}

/** Kernels with all they need, as the C writer pastes them. */
function pasted(paths: readonly string[]): { includes: string; text: string } {
  const { systemIncludes, text } = amalgamate(paths.map(nameOf), sources, { BN_KERNEL: '' });
  return { includes: systemIncludes.map((header) => `#include <${header}>\n`).join(''), text };
}

/** Looks through files, with what they include of the system read once for all of them. */
async function expectClean(
  { folder, compiler, flags }: Lint,
  files: readonly string[],
  defines: readonly string[],
  cwd: string,
): Promise<void> {
  const args = [...flags, ...FLAGS, ...defines];
  const prelude = join(cwd, 'prelude.h');
  writeFileSync(prelude, pasted(pathsIn(folder)).includes);
  const toHeader = ['-x', 'c-header', prelude, '-o', `${prelude}.gch`];
  await expectSilence(compiler, [...args, ...toHeader], cwd);
  await expectSilence(compiler, [...args, '-fsyntax-only', '-include', prelude, ...files], cwd);
}

for (const lint of LINTS) {
  const paths = pathsIn(lint.folder);
  // Kernels that choose are no files of their own.
  for (const wordBits of lint.folder === RUN_TIME_CHOICE.name ? [] : [32, 64]) {
    testWith(lint.tools, `each file alone, ${lint.where}, words of ${wordBits} bits`, () =>
      inTemporaryFolder(async (folder) => {
        const defines = ['-DBN_KERNEL=', `-DBN_WORD_BITS=${wordBits}`];
        const files = paths.map((path) => join(KERNELS, path));
        await expectClean(lint, files, defines, folder);
      }),
    );
  }

  testWith(lint.tools, `each kernel pasted with what it needs, ${lint.where}`, () =>
    inTemporaryFolder(async (folder) => {
      const files = paths.map((path) => {
        const { includes, text } = pasted([path]);
        const file = join(folder, `${nameOf(path)}.c`);
        writeFileSync(file, includes + text);
        return file;
      });
      await expectClean(lint, files, [], folder);
    }),
  );
}

for (const compiler of COMPILERS) {
  testWith([compiler], `scalar kernels, as code, ${compiler}`, () =>
    inTemporaryFolder(async (folder) => {
      const files = pathsIn('scalar').map((path) => join(KERNELS, path));
      await expectSilence(compiler, [...FLAGS, '-DBN_KERNEL=', '-O1', '-c', ...files], folder);
    }),
  );
}

test('wasm: each kernel pasted with what it needs, words of 64 bits', async () => {
  const target = targetNamed('wasm');
  const strict = [...FLAGS, '-Wno-unused-command-line-argument', '-O0'];
  const toolchain = { ...target.toolchain, flags: [...target.toolchain.flags, ...strict] };
  const files = pathsIn('wasm').map((path) => {
    const { includes, text } = pasted([path]);
    return { path: `${nameOf(path)}.c`, data: includes + text };
  });
  await buildWasm(files, { ...target, toolchain }, { exports: [] });
});
