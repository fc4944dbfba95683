/** Kernels that can do a part of their work: the parts write what the whole writes, each byte once. */
import { expect } from 'vitest';
import { takesPart } from '../../src/plan/parts.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { resolveTarget } from '../../src/toolchain/processor.ts';
import { testWith } from '../support/tools.ts';
import { FAMILIES } from './support/all-cases.ts';
import type { KernelCase } from './support/case.ts';
import { Random } from './support/random.ts';
import { type NativeBuildOptions, nativeRunner } from './support/runners.ts';

const CASES = 25;
const LAYERS = /^(conv2d|dense|depthwise_conv2d|max_pool2d|average_pool2d)_/;

async function checkParts(options: Omit<NativeBuildOptions, 'only' | 'sanitize'>): Promise<void> {
  const { run, remove } = await nativeRunner({ ...options, sanitize: true, only: LAYERS });
  try {
    const random = new Random(options.wordBits);
    for (const parts of [2, 5]) {
      const cases = FAMILIES.filter(({ name }) => takesPart(name)).flatMap(({ weight, make }) =>
        Array.from({ length: CASES * weight }, () => besideItsOperands(make(random))),
      );
      expect(cases.length).toBeGreaterThan(0);
      expect(run(cases, parts)).toEqual([]);
    }
  } finally {
    await remove();
  }
}

/** What no part writes can be told where there is nothing else before. */
function besideItsOperands({ inPlace: _, ...rest }: KernelCase): KernelCase {
  return rest;
}

const TIMEOUT = 300_000;

function checkPlain(compiler: string, wordBits: 32 | 64): Promise<void> {
  return checkParts({ compiler, wordBits, flags: ['-std=c99', '-O1'] });
}

testWith(['gcc'], 'plain kernels, words of 64 bits', () => checkPlain('gcc', 64), TIMEOUT);

testWith(['clang'], 'plain kernels, words of 32 bits', () => checkPlain('clang', 32), TIMEOUT);

testWith(
  ['gcc'],
  "the kernels of this machine's processor",
  () => {
    const { kernels, toolchain } = resolveTarget(targetNamed('host'), 'gcc');
    const flags = [...toolchain.flags, '-O1'];
    return checkParts({ compiler: 'gcc', wordBits: 64, flags, folders: kernels });
  },
  TIMEOUT,
);
