import { expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { buildWasm } from '../../src/toolchain/wasm.ts';

const target = targetNamed('wasm');

test('C that needs libm becomes a module without imports', async () => {
  const bytes = await buildWasm(
    [
      { path: 'half.h', data: '#define HALF 0.5f\n' },
      {
        path: 'f.c',
        data: '#include <math.h>\n#include "half.h"\nfloat f(float x) { return expf(x) + HALF; }\n',
      },
    ],
    target,
    { exports: ['f'] },
  );
  const module = await WebAssembly.compile(bytes);
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const { exports } = await WebAssembly.instantiate(module);
  expect(Object.keys(exports).sort()).toEqual(['__heap_base', 'f', 'memory']);
  const f = exports.f as (x: number) => number;
  expect(f(1)).toBeCloseTo(Math.E + 0.5, 6);
});

test('a compile error is a tool-failed problem with the compiler message', async () => {
  const error = await buildWasm([{ path: 'f.c', data: 'int f(void) { return x; }' }], target, {
    exports: ['f'],
  }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BinarynetError);
  const [problem] = (error as BinarynetError).problems;
  expect(problem?.code).toBe('tool-failed');
  expect(problem?.detail).toContain("use of undeclared identifier 'x'");
});
