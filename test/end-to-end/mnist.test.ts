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
import { compileGraph } from '../../src/compile.ts';
import { parseIdx } from '../../src/formats/idx.ts';
import { readNpy } from '../../src/formats/npy.ts';
import { importModel } from '../../src/import/index.ts';
import { elementCount, type Graph, type Value } from '../../src/ir/graph.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import type { Tensors } from '../../src/toolchain/executable.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { type Build, runCompiled } from '../support/run-compiled.ts';
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

function run(images: readonly Uint8Array[], build: Build = { target: 'wasm' }): Promise<Tensors[]> {
  return runCompiled(
    graph,
    build,
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

async function checkAllImages(build: Build): Promise<void> {
  const pixels = mnist('t10k-images-idx3-ubyte');
  const labels = mnist('t10k-labels-idx1-ubyte');
  const images = Array.from({ length: labels.length }, (_, i) =>
    pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
  );
  const results = await run(images, build);
  const found = answers(results);
  const recorded = readNpy(readFileSync(new URL('predictions.npy', FIXTURES)));
  expect(found).toEqual(Array.from(recorded.data, Number));
  expect(found.filter((answer, i) => answer === labels[i])).toHaveLength(expected.test.correct);

  const outputs = readNpy(readFileSync(new URL('outputs_first100.npy', FIXTURES)));
  const values = results.slice(0, 100).flatMap(([output]) => [...(output as Float32Array)]);
  const errors = values.map((value, i) => Math.abs(value - Number(outputs.data[i])));
  expect(Math.max(...errors)).toBeLessThan(1e-5);
}

describe('the MNIST network that ships', () => {
  testWith(['test data'], 'answers as Keras does on all 10,000 test images', () =>
    checkAllImages({ target: 'wasm' }),
  );

  testWith(['test data', 'gcc'], 'answers so under gcc and its sanitizers', () =>
    checkAllImages({ target: 'host', compiler: 'gcc', sanitize: true }),
  );

  testWith(['test data', 'clang'], 'answers so under clang, in words of 32 bits', () =>
    checkAllImages({ target: 'portable', compiler: 'clang' }),
  );

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

describe('what the MNIST network costs', () => {
  const compile = () =>
    compileGraph(graph, { target: targetNamed('host'), kernels: loadKernelSources() });

  test('every layer behind the first multiplies bits by bits', () => {
    const layers = compile().program.calls.filter(({ macs }) => macs > 0);
    const [first, ...rest] = layers.map(({ kernel }) => kernel);
    expect(first).toMatch(/^conv2d_f32_b1_b1__/);
    expect(rest).toHaveLength(4);
    for (const kernel of rest) expect(kernel).toMatch(/^(conv2d|dense)_b1_b1_/);
  });

  test('the weight file holds little more than the bits, the thresholds and the norm', () => {
    const { source, lowered, program } = compile();
    const count = (values: Graph['values'], isCounted: (value: Value) => boolean): number =>
      [...values.values()]
        .filter((value) => value.data && isCounted(value))
        .reduce((sum, { type }) => sum + elementCount(type.shape), 0);
    const bits = count(source.values, ({ type }) => type.shape.length > 1);
    const numbers = count(
      lowered.values,
      ({ type }) => type.shape.length === 1 && type.dtype !== 'bit',
    );
    const least = bits / 8 + 4 * numbers;
    expect(bits).toBe(95_008);
    expect(program.weightsBytes).toBeGreaterThanOrEqual(least);
    expect(program.weightsBytes).toBeLessThan(1.05 * least);
  });
});
