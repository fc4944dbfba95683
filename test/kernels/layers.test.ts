import { beforeAll, describe, expect, test } from 'vitest';
import {
  conv2dCase,
  conv2dTransposeCase,
  denseCase,
  depthwiseCase,
  LAYER_TYPES,
  realLayerCase,
  typesName,
} from './support/layer-cases.ts';
import { Random } from './support/random.ts';
import { type CaseRunner, wasmRunner } from './support/runners.ts';

const CASES = 200;

describe.each([32, 64] as const)('layers with words of %i bits, as WebAssembly', (wordBits) => {
  let run: CaseRunner;
  beforeAll(async () => {
    run = await wasmRunner(wordBits);
  });

  describe.each(LAYER_TYPES.map((types) => [typesName(types), types] as const))(
    '%s',
    (_, types) => {
      test.each([
        ['conv2d', conv2dCase],
        ['depthwise_conv2d', depthwiseCase],
        ['dense', denseCase],
      ] as const)('%s gives the bits of the reference', (_layer, makeCase) => {
        const random = new Random(1);
        const cases = Array.from({ length: CASES }, () => makeCase(types, random));
        expect(run(cases)).toEqual([]);
      });
    },
  );

  test('conv2d_transpose gives the bits of the reference', () => {
    const random = new Random(2);
    expect(run(Array.from({ length: CASES }, () => conv2dTransposeCase(random)))).toEqual([]);
  });

  test.each(['conv2d', 'dense'] as const)('%s of reals stays within rounding', (layer) => {
    const random = new Random(3);
    expect(run(Array.from({ length: 50 }, () => realLayerCase(layer, random)))).toEqual([]);
  });
});
