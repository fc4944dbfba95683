/** The kernels built by this machine's compilers, sanitizers watching; and tuned, without them. */
import { expect } from 'vitest';
import { targetNamed } from '../../src/plan/targets.ts';
import { resolveTarget } from '../../src/toolchain/processor.ts';
import { testWith } from '../support/tools.ts';
import { FAMILIES } from './support/all-cases.ts';
import { Random } from './support/random.ts';
import { type NativeBuildOptions, nativeRunner } from './support/runners.ts';

const CASES = 60;

async function runAll(options: NativeBuildOptions): Promise<void> {
  const { run, remove } = await nativeRunner(options);
  try {
    const random = new Random(options.wordBits);
    const cases = FAMILIES.flatMap(({ weight, make }) => {
      return Array.from({ length: CASES * weight }, () => make(random));
    });
    expect(run(cases)).toEqual([]);
  } finally {
    await remove();
  }
}

const WATCHED = { flags: ['-std=c99', '-O1'], sanitize: true };
const { kernels: folders, toolchain } = resolveTarget(targetNamed('host'));
const TUNED = { flags: toolchain.flags, folders, sanitize: false };

testWith(['gcc'], 'sanitized by gcc, words of 64 bits', () => {
  return runAll({ ...WATCHED, compiler: 'gcc', wordBits: 64 });
});

testWith(['clang'], 'sanitized by clang, words of 32 bits', () => {
  return runAll({ ...WATCHED, compiler: 'clang', wordBits: 32 });
});

testWith(['gcc'], 'tuned by gcc, words of 32 bits', () => {
  return runAll({ ...TUNED, compiler: 'gcc', wordBits: 32 });
});

testWith(['clang'], 'tuned by clang, words of 64 bits', () => {
  return runAll({ ...TUNED, compiler: 'clang', wordBits: 64 });
});
