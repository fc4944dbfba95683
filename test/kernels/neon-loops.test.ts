/** The inner loops for Arm as compilers make them: operations and cycles, by the script's figures. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { targetNamed } from '../../src/plan/targets.ts';
import { runToEnd } from '../../src/toolchain/process.ts';
import { testWith } from '../support/tools.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/check-neon-loops.js', import.meta.url));
const TOOLS = ['aarch64-linux-gnu-gcc', 'arm-linux-gnueabihf-gcc', 'llvm-mca-19'] as const;

testWith(
  TOOLS,
  'inner loops for Arm reach their share of the limit',
  async () => {
    const options = { cwd: '.', timeoutSeconds: 300 };
    const { code, stdout, stderr } = await runToEnd(process.execPath, [SCRIPT], options);
    const failed = stdout.split('\n').filter((line) => line.startsWith('FAIL'));
    expect({ code, failed, stderr }).toEqual({ code: 0, failed: [], stderr: '' });
    for (const name of ['aarch64', 'aarch64-dotprod', 'armv7-neon']) {
      expect(stdout).toContain(targetNamed(name).toolchain.flags.join(' '));
    }
  },
  300_000,
);
