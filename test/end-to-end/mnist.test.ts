/**
 * The network that ships, compiled to WebAssembly, against what Keras and Larq compute for it
 * (scripts/fixtures/record-mnist.py): on all test images, and on digits that our script draws.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { parseIdx } from '../../src/formats/idx.ts';
import { readNpy } from '../../src/formats/npy.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { Tensors } from '../../src/toolchain/executable.ts';
import { runCompiled } from '../support/run-compiled.ts';
import { TEST_DATA, testWith } from '../support/tools.ts';

const EXAMPLE = new URL('../../examples/mnist/', import.meta.url);
const FIXTURES = new URL('../fixtures/mnist/', import.meta.url);
const PIXELS = 28 * 28;

interface Expected {
  readonly test: { readonly images: number; readonly correct: number };
  readonly drawn: { readonly variantsPerDigit: number; readonly correct: number };
}

interface DrawDigits {
  readonly drawDigit: (digit: number, variant: number) => Uint8Array;
}

const expected = JSON.parse(readFileSync(new URL('expected.json', EXAMPLE), 'utf8')) as Expected;
let graph: Graph;

beforeAll(async () => {
  graph = await importModel(await openModel(fileURLToPath(new URL('mnist.h5', EXAMPLE))));
});

function run(images: readonly Uint8Array[]): Promise<Tensors[]> {
  return runCompiled(
    graph,
    { target: 'wasm' },
    images.map((pixels) => [Float32Array.from(pixels)]),
  );
}

function argmax(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}

function answers(results: readonly Tensors[]): number[] {
  return results.map(([output]) => argmax(output as Float32Array));
}

function mnist(name: string): Uint8Array {
  const { data } = parseIdx(gunzipSync(readFileSync(join(TEST_DATA, 'mnist', `${name}.gz`))));
  return Uint8Array.from(data);
}

describe('the MNIST network that ships', () => {
  testWith(['test data'], 'answers as Keras does on all 10,000 test images', async () => {
    const pixels = mnist('t10k-images-idx3-ubyte');
    const labels = mnist('t10k-labels-idx1-ubyte');
    const images = Array.from({ length: labels.length }, (_, i) =>
      pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
    );
    const results = await run(images);
    const found = answers(results);
    const recorded = readNpy(readFileSync(new URL('predictions.npy', FIXTURES)));
    expect(found).toEqual(Array.from(recorded.data, Number));
    expect(found.filter((answer, i) => answer === labels[i])).toHaveLength(expected.test.correct);

    const outputs = readNpy(readFileSync(new URL('outputs_first100.npy', FIXTURES)));
    const values = results.slice(0, 100).flatMap(([output]) => [...(output as Float32Array)]);
    const errors = values.map((value, i) => Math.abs(value - Number(outputs.data[i])));
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  });

  test('reads as many drawn digits as Keras does', async () => {
    const path = new URL('draw-digits.js', EXAMPLE).href;
    const { drawDigit } = (await import(path)) as DrawDigits;
    const drawings = Array.from({ length: 10 * expected.drawn.variantsPerDigit }, (_, i) => ({
      digit: i % 10,
      variant: Math.floor(i / 10),
    }));
    const found = answers(await run(drawings.map((d) => drawDigit(d.digit, d.variant))));
    const right = drawings.filter(({ digit }, i) => digit === found[i]);
    expect(right).toHaveLength(expected.drawn.correct);
  });
});
