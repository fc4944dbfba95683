/** The module of wasm/*.c lives in another one's memory, and must leave it alone. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { KERNELS_WASM } from '../../src/bnn/wasm-binary.ts';
import { type NativeName, nativesOf } from '../../src/bnn/wasm-memory.ts';

type Eight = [number, number, number, number, number, number, number, number];

const bytes = new Uint8Array(Buffer.from(KERNELS_WASM, 'base64'));

/** Kernels on a memory full of floats from 0.1 to 1.1. */
function lender() {
  const memory = new WebAssembly.Memory({ initial: 2 });
  new Float32Array(memory.buffer).forEach((_, i, floats) => {
    floats[i] = 0.1 + (i % 97) / 97;
  });
  const backend = { wasm: { asm: { memory } } };
  return { memory, natives: nativesOf(backend) as NonNullable<ReturnType<typeof nativesOf>> };
}

test('it takes a memory and no more', () => {
  expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([
    { module: 'env', name: 'memory', kind: 'memory' },
  ]);
});

describe('kernels write their results and nothing else', () => {
  // Tensors lie one after the other in the second page; the results are the last ones.
  const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => 65536 + 4096 * i) as Eight;
  // Of 1 image, 5×5 with 9 channels to 3×3 with 9 channels by windows of 3×3.
  const window = [1, 5, 5, 9, 3, 3, 9, 3, 3, 1, 1, 1, 1, 0, 0];
  test.each<[NativeName, number[], [from: number, floats: number][]]>([
    ['filter_gradient', [a, b, c, h], [[c, 9 * 9 * 9]]],
    ['convolve', [a, b, c, h], [[c, 9 * 9]]],
    ['max_pool_gradient', [a, b, c, h], [[c, 25 * 9]]],
    ['sign', [a, b, 7], [[b, 7]]],
    ['clipped', [a, b, c, 7, 1], [[c, 7]]],
    [
      'moments',
      [a, b, c, 9, 8],
      [
        [b, 8],
        [c, 8],
      ],
    ],
    ['normalize', [a, b, c, d, e, f, 9, 8, 0.1], [[f, 72]]],
    [
      'normalize_gradients',
      [a, b, c, d, e, f, g, h, 9, 8, 0.1],
      [
        [f, 72],
        [g, 8],
        [h, 8],
      ],
    ],
  ])('%s', (name, operands, results) => {
    const { memory, natives } = lender();
    if (operands.at(-1) === h) new Int32Array(memory.buffer, h).set(window);
    const before = new Uint32Array(memory.buffer.slice(0));
    natives[name](...operands);
    const after = new Uint32Array(memory.buffer);
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    expect(changed.length).toBeGreaterThan(0);
    const isResult = (i: number) =>
      results.some(([from, floats]) => i >= from / 4 && i < from / 4 + floats);
    expect(changed.filter((i) => !isResult(i))).toEqual([]);
  });
});

test('it is what the C gives', { timeout: 120_000 }, () => {
  const script = fileURLToPath(new URL('../../scripts/build-training-kernels.js', import.meta.url));
  execFileSync('node', [script, '--check'], { stdio: 'pipe' });
});

test('a back end without memory to lend has no kernels', () => {
  expect(nativesOf({ wasm: {} })).toBeUndefined();
});
