/** The kernels that choose at run time: which there are, and that they choose what the machine has. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { buildNative } from '../../src/toolchain/native.ts';
import { findTool, testWith } from '../support/tools.ts';

const sources = loadKernelSources();
const ASK = `#include <stdio.h>
${sources.get('x86/processor.h')}
int main(void)
{
    printf("%d", BN_X86_LEVEL);
    return 0;
}
`;

test('there is one for each kernel that a folder for x86 has, and no other', () => {
  const names = (folder: string): string[] =>
    [...sources.keys()].flatMap((path) => {
      return new RegExp(`^${folder}/(\\w+)__${folder}\\.c$`).exec(path)?.[1] ?? [];
    });
  expect(names('x86').sort()).toEqual([...new Set([...names('avx2'), ...names('avx512')])].sort());
});

test('it calls the kernel of the best folder that the processor can run', () => {
  const text = sources.get('x86/dense_f32_f32_f32__x86.c') as string;
  expect(text).toContain('#include "../avx2/dense_f32_f32_f32__avx2.c"');
  expect(text).toContain('if (level >= 1)\n        dense_f32_f32_f32__avx2(shape, x, w,');
  expect(text).toContain('else\n        dense_f32_f32_f32__scalar(shape, x, w,');
});

describe.each(['gcc', 'clang'] as const)('%s', (compiler) => {
  testWith([compiler], 'asks for what this processor has', async () => {
    if (process.arch !== 'x64') return;
    const target = targetNamed('x86-64');
    const { program, remove } = await buildNative([{ path: 'ask.c', data: ASK }], target, {
      compiler,
    });
    const { stdout } = spawnSync(program, { encoding: 'utf8' });
    await remove();
    const known = findTool('AVX-512') ? '2' : findTool('AVX2') ? '1' : '0';
    expect(stdout).toBe(known);
  });
});
