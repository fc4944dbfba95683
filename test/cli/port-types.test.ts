/** The commands on ONNX models whose inputs and outputs aren't floats, or have no batch axis. */
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/errors.ts';
import { type NpyDType, writeNpy } from '../../src/formats/npy.ts';
import { runCli, runJson, useTemporaryFolder } from '../support/cli.ts';
import { floatTensor, onnxModel, onnxNode } from '../support/onnx-writer.ts';

const at = useTemporaryFolder();
const FLOAT = 1;
const UINT8 = 2;

interface Output {
  readonly dtype: string;
  readonly maxAbsError: number;
  readonly argmaxAgreement: number;
}

/** Bytes [1, 2, 3] to the channel with the largest sum, its index an integer. */
function classifier(): Uint8Array {
  return onnxModel({
    inputs: { image: ['batch', 2, 3] },
    inputTypes: { image: UINT8 },
    initializers: [
      floatTensor('w', [6, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
    ],
    nodes: [
      onnxNode('Cast', ['image'], ['floats'], { to: FLOAT }),
      onnxNode('Flatten', ['floats'], ['flat'], { axis: 1 }),
      onnxNode('Gemm', ['flat', 'w'], ['sums']),
      onnxNode('ArgMax', ['sums'], ['label'], { axis: 1, keepdims: 0 }),
    ],
    outputs: ['label'],
  });
}

/** No batch axis: [3, 2] bytes to their negatives. */
function negation(): Uint8Array {
  return onnxModel({
    inputs: { x: [3, 2] },
    inputTypes: { x: UINT8 },
    nodes: [onnxNode('Cast', ['x'], ['floats'], { to: FLOAT }), onnxNode('Neg', ['floats'], ['y'])],
    outputs: ['y'],
  });
}

async function npy(name: string, dtype: NpyDType, shape: number[], data: never): Promise<string> {
  await writeFile(at(name), writeNpy({ dtype, shape, data }));
  return at(name);
}

const IMAGES = Uint8Array.of(9, 0, 0, 0, 0, 8, 0, 255, 0, 1, 2, 3, 0, 0, 7, 0, 7, 0);
const LABELS = Uint8Array.of(0, 1, 1);

beforeAll(async () => {
  await writeFile(at('classifier.onnx'), classifier());
  await writeFile(at('negation.onnx'), negation());
  await npy('labels.npy', 'u1', [3], LABELS as never);
});

describe('eval', () => {
  const run = (inputs: string, ...more: readonly string[]) =>
    runJson<{ correct: number; argmaxAgreement?: number; errors: readonly Problem[] }>(
      ...['eval', at('classifier.onnx'), '--inputs', inputs, '--labels', at('labels.npy')],
      ...['--target', 'wasm', ...more],
    );

  test.each([
    ['u1', [3, 2, 3], IMAGES],
    ['f4', [3, 1, 2, 3], Float32Array.from(IMAGES)],
    ['i8', [3, 2, 3], BigInt64Array.from([...IMAGES].map(BigInt))],
  ] as const)('bytes from %s of shape %j; an integer is the answer', async (dtype, shape, data) => {
    const file = await npy(`${dtype}.npy`, dtype, [...shape], data as never);
    // The third image has two largest sums, of which the first counts: 1, as its label says.
    const result = await run(file, '--reference-check');
    expect(result).toMatchObject({ code: 0, correct: 3, argmaxAgreement: 1 });
    expect((await run(file, '--reference')).correct).toBe(3);
  });

  test.each([
    ['a fraction', 0.5],
    ['a negative number', -1],
    ['a large number', 256],
    ['NaN', Number.NaN],
  ])('%s is refused with its place', async (_, value) => {
    const file = await npy(
      'bad.npy',
      'f4',
      [3, 2, 3],
      Float32Array.from(IMAGES).with(4, value) as never,
    );
    const { code, errors } = await run(file);
    expect(code).toBe(2);
    expect(errors[0]).toMatchObject({ code: 'bad-input', file });
    expect(errors[0]?.found).toContain(`element 4 is ${value}, where input "image" takes`);
  });

  test('--affine brings numbers into the range', async () => {
    const scaled = Float64Array.from(IMAGES, (value) => value / 255);
    const file = await npy('scaled.npy', 'f8', [3, 2, 3], scaled as never);
    expect((await run(file, '--affine', '255,0')).correct).toBe(3);
  });
});

describe('verify', () => {
  test('random bytes; integers must be the same', async () => {
    const result = await runJson<{ same: boolean; outputs: readonly Output[] }>(
      ...['verify', at('classifier.onnx'), '--target', 'wasm', '--random', '40', '--layers'],
    );
    expect(result.same).toBe(true);
    expect(result.outputs).toMatchObject([{ dtype: 'i32', maxAbsError: 0, argmaxAgreement: 1 }]);
  });

  test('a model without a batch axis takes samples of its whole shape', async () => {
    const model = at('negation.onnx');
    const file = await npy('three.npy', 'u1', [3, 3, 2], IMAGES as never);
    const result = await runJson<{ samples: number; same: boolean }>(
      ...['verify', model, '--target', 'wasm', '--inputs', file],
    );
    expect(result).toMatchObject({ samples: 3, same: true });
    const flat = await npy('flat.npy', 'u1', [9, 2], IMAGES as never);
    const refused = await runJson<{ errors: readonly Problem[] }>(
      'verify',
      model,
      '--inputs',
      flat,
    );
    expect(refused.errors[0]?.found).toContain('has shape 9×2, where input "x" needs N×3×2');
  });
});

test('inspect shows the types', async () => {
  const model = at('classifier.onnx');
  const { stdout } = await runCli('inspect', model, '--target', 'portable');
  expect(stdout).toMatch(/^input +image: u8, 1×2×3$/m);
  expect(stdout).toMatch(/^output +label: i32, 1$/m);
  const json = await runJson<{ inputs: object[]; outputs: object[] }>('inspect', model);
  expect(json.inputs).toEqual([{ name: 'image', dtype: 'u8', shape: [1, 2, 3] }]);
  expect(json.outputs).toEqual([{ name: 'label', dtype: 'i32', shape: [1] }]);
});
