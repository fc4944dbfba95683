/** What `host` becomes here, and targets whose programs this machine can't run. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BinarynetError, type Problem } from '../../src/errors.ts';
import { FOLDERS, foldersWith, foldersWithout } from '../../src/plan/folders.ts';
import { type NativeToolchain, TARGETS, type Target, targetNamed } from '../../src/plan/targets.ts';
import { findBuilder, macrosOf, requireBuilder } from '../../src/toolchain/compilers.ts';
import { requireInstructions, resolveTarget } from '../../src/toolchain/processor.ts';
import { findTool, testWith, toolsFor } from '../support/tools.ts';

const HOST = targetNamed('host');

function native(name: string): Target & { readonly toolchain: NativeToolchain } {
  const target = targetNamed(name);
  if (target.toolchain.kind !== 'native') throw new Error(`${name} is not native`);
  return { ...target, toolchain: target.toolchain };
}

function problemOf(action: () => unknown): Problem | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof BinarynetError) return error.problems[0];
    throw error;
  }
  return undefined;
}

test('a folder is searched where all that it needs is there', () => {
  const macros = new Set(FOLDERS.flatMap((folder) => folder.macros));
  expect(foldersWith(macros)).toEqual([...FOLDERS.map(({ name }) => name), 'scalar']);
  expect(foldersWith(new Set())).toEqual(['scalar']);
  macros.delete('__FMA__');
  expect(foldersWith(macros)).not.toContain('avx2');
  expect(foldersWithout(['avx2', 'scalar'], macros).map(({ name }) => name)).toEqual(['avx2']);
});

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  test('stays as it is, unless it says to look', () => {
    if (!target.detectsKernels) expect(resolveTarget(target)).toBe(target);
  });

  testWith(toolsFor(target), 'has flags under which its compiler turns its folders on', () => {
    const builder = findBuilder(resolveTarget(target));
    if (!builder) return expect(target.toolchain.kind).toBe('wasm');
    const folders = resolveTarget(target).kernels;
    const isLeast = ['portable', 'x86-64'].includes(target.name);
    expect(foldersWith(macrosOf(builder) as ReadonlySet<string>)).toEqual(
      isLeast ? ['scalar'] : [...folders],
    );
  });
});

describe.each(['gcc', 'clang'] as const)('%s', (compiler) => {
  testWith([compiler], 'finds for host what /proc/cpuinfo lists', () => {
    if (process.platform !== 'linux' || process.arch !== 'x64') return;
    const { kernels } = resolveTarget(HOST, compiler);
    expect(kernels.at(-1)).toBe('scalar');
    const flags = readFileSync('/proc/cpuinfo', 'utf8');
    expect(kernels.includes('avx2')).toBe(/\bavx2\b/.test(flags));
    expect(kernels.includes('avx512')).toBe(/\bavx512_bitalg\b/.test(flags));
  });

  testWith([compiler], 'is asked once', () => {
    const builder = requireBuilder(HOST, compiler);
    expect(macrosOf(builder)).toBe(macrosOf({ ...builder }));
  });
});

test('flags that a compiler does not know leave macros unknown, and host untuned', () => {
  const builder = findBuilder(HOST);
  if (!builder) return;
  expect(macrosOf({ ...builder, flags: ['-march=pdp11'] })).toBeUndefined();
});

describe('what can not run here', () => {
  const elsewhere = process.arch === 'x64' ? 'arm64' : 'x64';
  const machine = { arch: elsewhere, title: 'another machine' } as const;

  test('for want of a machine', () => {
    const { cross: _, ...toolchain } = native('x86-64-v3').toolchain;
    const target = { ...native('x86-64-v3'), toolchain: { ...toolchain, machine } };
    expect(problemOf(() => requireBuilder(target))).toMatchObject({
      code: 'missing-tool',
      found: 'target "x86-64-v3" runs on another machine only',
    });
  });

  test('for want of a cross compiler: what to install', () => {
    const { toolchain, ...rest } = native('aarch64');
    const { cross } = toolchain;
    if (!cross) throw new Error('aarch64 has no cross toolchain');
    const path = process.env.PATH;
    process.env.PATH = '';
    const target = { ...rest, toolchain: { ...toolchain, machine } };
    const problem = problemOf(() => requireBuilder(target));
    process.env.PATH = path;
    expect(problem?.code).toBe('missing-tool');
    expect(problem?.fix).toContain('gcc-aarch64-linux-gnu');
    expect(problem?.fix).toContain('qemu-user');
  });

  testWith(['gcc'], 'for want of instructions, before a signal tells', () => {
    if (process.arch !== 'x64') return;
    const problem = problemOf(() => requireInstructions(targetNamed('x86-64-v4')));
    if (findTool('AVX-512') !== undefined) return expect(problem).toBeUndefined();
    expect(problem?.code).toBe('missing-tool');
    expect(problem?.found).toContain('needs AVX-512');
    expect(problem?.fix).toContain('--target host');
  });
});
