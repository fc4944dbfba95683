/**
 * Tests that need more than Node.js (a compiler, a browser, test data) say so with `testWith`.
 * Where a tool is missing such a test is skipped under a name that tells which; where CI is set, a
 * missing tool is a failure, so that nothing is skipped there but what the processor can't run.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Target, targetNamed } from '../../src/plan/targets.ts';
import { resolveTarget } from '../../src/toolchain/processor.ts';

export type Tool =
  | 'gcc'
  | 'clang'
  | 'chromium'
  | 'make'
  | 'cmake'
  | 'g++'
  | 'nm'
  | 'test data'
  | 'SIMDe'
  | 'aarch64-linux-gnu-gcc'
  | 'arm-linux-gnueabihf-gcc'
  | 'qemu-aarch64'
  | 'qemu-arm'
  | 'llvm-mca-19'
  | Processor;

/** Instructions that a processor has or has not: nothing that can be installed, in CI neither. */
export type Processor = 'AVX2' | 'AVX-512';

const FOLDER_OF: Readonly<Record<Processor, string>> = { AVX2: 'avx2', 'AVX-512': 'avx512' };

function isProcessor(tool: Tool): tool is Processor {
  return Object.hasOwn(FOLDER_OF, tool);
}

/** Whether this machine's processor runs the kernels of a folder. */
export function runsFolder(folder: string): boolean {
  return resolveTarget(targetNamed('host')).kernels.includes(folder);
}

/** What a target's programs are built and run with on this machine. */
export function toolsFor({ kernels, toolchain }: Target): readonly Tool[] {
  if (toolchain.kind === 'wasm') return [];
  const { machine, cross } = toolchain;
  if (machine !== undefined && machine.arch !== process.arch && cross !== undefined) {
    return [cross.compilers[0] as Tool, cross.emulator[0] as Tool];
  }
  const needed = (['AVX2', 'AVX-512'] as const).filter((processor) => {
    return kernels.includes(FOLDER_OF[processor]);
  });
  return ['gcc', ...needed];
}

/** The folder of real models and data, beside the checkout; `BINARYNET_TEST_DATA` names another. */
export const TEST_DATA =
  process.env.BINARYNET_TEST_DATA ??
  fileURLToPath(new URL('../../../shared/data', import.meta.url));

const SIMDE = '/usr/include/simde';

/** Where a tool is, or undefined. */
export function findTool(tool: Tool): string | undefined {
  if (isProcessor(tool)) return runsFolder(FOLDER_OF[tool]) ? 'the processor' : undefined;
  if (tool === 'SIMDe') return existsSync(SIMDE) ? SIMDE : undefined;
  if (tool === 'test data') return existsSync(TEST_DATA) ? TEST_DATA : undefined;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, tool);
    if (folder !== '' && existsSync(path)) return path;
  }
  return undefined;
}

/** A test that needs these tools: run, skipped by name, or failed in CI. */
export function testWith(
  tools: readonly Tool[],
  name: string,
  body: () => void | Promise<void>,
  timeout?: number,
): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) test(name, body, timeout);
  else if (process.env.CI && !missing.every(isProcessor))
    test(name, () => expect(missing, 'tools missing in CI').toEqual([]));
  else test.skip(`${name} [needs ${missing.join(', ')}]`, body);
}
