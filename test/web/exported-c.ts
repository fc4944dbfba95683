/** The C that the training page gave: compared with what is compiled here, compiled, and run. */
import { spawnSync } from 'node:child_process';
import { strToU8 } from 'fflate';
import { expect } from 'vitest';
import { compileModel } from '../../src/compile.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { inFolderWith, runIn, STRICT_FLAGS } from '../support/compile-c.ts';

/** Compiles the downloaded model here: the browser must have written the same. */
export async function compiledHere(
  zip: Record<string, Uint8Array>,
  target: string,
  weights: 'file' | 'embed',
): Promise<Record<string, Uint8Array>> {
  const [json, bin] = [zip['digits-c/model.json'], zip['digits-c/weights.bin']];
  if (!json || !bin) throw new Error('The model is not in the .zip.');
  const { files } = await compileModel(
    { name: 'model.json', bytes: json, sibling: async () => bin },
    { target: targetNamed(target), kernels: loadKernelSources(), name: 'digits', weights },
  );
  const all = [...files, { path: 'model.json', data: json }, { path: 'weights.bin', data: bin }];
  return Object.fromEntries(
    all.map(({ path, data }) => [
      `digits-c/${path}`,
      typeof data === 'string' ? strToU8(data) : Uint8Array.from(data),
    ]),
  );
}

const MAIN = `
#include <stdio.h>
#include "digits.h"

static _Alignas(16) unsigned char weights[DIGITS_WEIGHTS_SIZE + 1];
static _Alignas(16) unsigned char arena[DIGITS_ARENA_SIZE];

int main(void)
{
    float input[DIGITS_INPUT_SIZE];
    float output[DIGITS_OUTPUT_SIZE];
    FILE *file = fopen("digits.weights", "rb");
    if (!file) return 1;
    const size_t size = fread(weights, 1, sizeof weights, file);
    fclose(file);
    if (digits_check(weights, size) != DIGITS_CHECK_OK) return 2;
    while (fread(input, sizeof input, 1, stdin) == 1) {
        digits_run(weights, arena, input, output);
        if (fwrite(output, sizeof output, 1, stdout) != 1) return 3;
    }
    return 0;
}
`;

/** Compiles the downloaded C as strictly as promised, and runs it on the same digits. */
export function scoresInC(zip: Record<string, Uint8Array>, images: Uint8Array): number[][] {
  const files = Object.entries(zip).map(([path, data]) => {
    expect(path).toMatch(/^digits-c\/[\w.]+$/);
    return { path: path.slice('digits-c/'.length), data };
  });
  return inFolderWith([...files, { path: 'main.c', data: MAIN }], (folder) => {
    const strict = ['-O2', ...STRICT_FLAGS];
    const compile = (...args: string[]) => runIn(folder, 'gcc', [...strict, ...args, '-lm']);
    const fine = { status: 0, output: '' };
    expect(compile('digits.c', 'test_digits.c', '-o', 'test')).toEqual(fine);
    expect(runIn(folder, './test', ['digits.weights']).output).toMatch(/^4 passed, 0 failed$/m);
    expect(compile('-std=c11', 'digits.c', 'main.c', '-o', 'main')).toEqual(fine);
    const input = Buffer.from(Float32Array.from(images).buffer);
    const { status, stdout } = spawnSync('./main', { cwd: folder, input, timeout: 60_000 });
    expect(status).toBe(0);
    const score = (i: number) => stdout.readFloatLE(4 * i);
    return Array.from({ length: stdout.length / 40 }, (_, digit) =>
      Array.from({ length: 10 }, (_, i) => score(10 * digit + i)),
    );
  });
}
