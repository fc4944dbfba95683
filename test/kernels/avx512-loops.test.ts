/** The inner loops for AVX-512 as compilers make them: operations and cycles, by the script's figures. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { targetNamed } from '../../src/plan/targets.ts';
import { runToEnd } from '../../src/toolchain/process.ts';
import { testWith } from '../support/tools.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/check-avx512-loops.js', import.meta.url));

testWith(
  ['gcc', 'llvm-mca-19'],
  'inner loops for AVX-512 do their work in few operations',
  async () => {
    const options = { cwd: '.', timeoutSeconds: 300 };
    const { code, stdout, stderr } = await runToEnd(process.execPath, [SCRIPT], options);
    const failed = stdout.split('\n').filter((line) => line.startsWith('FAIL'));
    expect({ code, failed, stderr }).toEqual({ code: 0, failed: [], stderr: '' });
    expect(stdout).toContain(targetNamed('x86-64-v4').toolchain.flags.join(' '));
  },
  300_000,
);
