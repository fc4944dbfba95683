/**
 * Tests that need more than Node.js (a compiler, a browser, test data) say so with `testWith`.
 * Where a tool is missing such a test is skipped under a name that tells which; where CI is set, a
 * missing tool is a failure, so that nothing is skipped there.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

export type Tool = 'gcc' | 'clang' | 'chromium' | 'make' | 'cmake' | 'g++' | 'nm' | 'test data';

/** The folder of real models and data, beside the checkout; `BINARYNET_TEST_DATA` names another. */
export const TEST_DATA =
  process.env.BINARYNET_TEST_DATA ??
  fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Where a tool is, or undefined. */
export function findTool(tool: Tool): string | undefined {
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
  else if (process.env.CI) test(name, () => expect(missing, 'tools missing in CI').toEqual([]));
  else test.skip(`${name} [needs ${missing.join(', ')}]`, body);
}
