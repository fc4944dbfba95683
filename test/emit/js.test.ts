/** The ES module beside a network compiled to WebAssembly, as a user would load it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emitC, type RecordedCase } from '../../src/emit/c.ts';
import { emitJs, wasmExports } from '../../src/emit/js.ts';
import type { Graph, TensorData } from '../../src/ir/graph.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { buildWasm } from '../../src/toolchain/wasm.ts';
import { recordedCases } from '../support/compile-c.ts';
import { SmallNet } from '../support/small-net.ts';
import { constants, everyType } from '../support/typed-graphs.ts';

interface Loaded {
  run(...inputs: unknown[]): Float32Array | Record<string, TensorData>;
  inputs: readonly { name: string; dtype: string; shape: number[]; length: number }[];
  outputs: readonly { name: string; dtype: string; shape: number[]; length: number }[];
}

interface Module {
  load(options?: { wasm?: unknown; weights?: unknown }): Promise<Loaded>;
}

function oneInput(): Graph {
  const net = new SmallNet();
  let x = net.conv(net.input([1, 6, 5, 3]), 70, { sign: true });
  x = net.conv(x, 9, { binaryWeights: true, strides: [2, 2] });
  return net.finish([net.unary(x, { fn: 'relu' })], 'one');
}

/** Weights of more than the module's first pages. */
function twoInputs(): Graph {
  const net = new SmallNet();
  const [x, y] = [net.input([1, 500], 'left'), net.input([1, 300], 'right')];
  const joined = net.add('concat', { axis: 1 }, [x, y]);
  return net.finish([net.dense(joined, 400, { name: 'wide' }), net.unary(y, { fn: 'neg' })], 'two');
}

const folder = mkdtempSync(join(tmpdir(), 'binarynet-js-'));
const cases = new Map<string, RecordedCase>();
const weightFiles = new Map<string, Uint8Array>();

async function build(graph: Graph): Promise<void> {
  const target = targetNamed('wasm');
  const kernels = loadKernelSources();
  const program = planProgram(graph, target, { name: graph.name, kernels });
  const files = emitC(program, kernels, { weights: 'file', cases: [] });
  const wasm = await buildWasm(files, target, { exports: wasmExports(program) });
  for (const { path, data } of [
    ...files,
    ...emitJs(program),
    { path: `${graph.name}.wasm`, data: wasm },
  ]) {
    writeFileSync(join(folder, path), data);
    if (path.endsWith('.weights')) weightFiles.set(graph.name, data as Uint8Array);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  cases.set(graph.name, recordedCases(graph, 1)[0] as RecordedCase);
}

function importModule(name: string): Promise<Module> {
  return import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}.js`)).href);
}

function expectClose(found: Float32Array, expected: TensorData | undefined): void {
  expect(found.length).toBe(expected?.length);
  const largest = Math.max(...Array.from(expected ?? [], Math.abs));
  found.forEach((value, i) => {
    expect(Math.abs(value - (expected?.[i] as number))).toBeLessThanOrEqual(1e-5 * largest);
  });
}

beforeAll(async () => {
  await build(oneInput());
  await build(twoInputs());
  await build(everyType());
  await build(constants());
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the ES module', () => {
  test('runs a network of one input and one output', async () => {
    const net = await (await importModule('one')).load();
    const { inputs, outputs } = cases.get('one') as RecordedCase;
    const first = net.run(inputs[0]) as Float32Array;
    expectClose(first, outputs[0]);
    expect(net.inputs).toEqual([{ name: 'input', dtype: 'f32', shape: [1, 6, 5, 3], length: 90 }]);
    expect(net.outputs).toEqual([
      { name: 'output', dtype: 'f32', shape: [1, 3, 3, 9], length: 81 },
    ]);
    const kept = first.slice();
    net.run(new Float32Array(90));
    expect(first).toEqual(kept);
  });

  test('runs a network of several inputs and outputs, larger than its first memory', async () => {
    const net = await (await importModule('two')).load();
    const { inputs, outputs } = cases.get('two') as RecordedCase;
    const result = net.run(...inputs) as Record<string, TensorData>;
    expect(Object.keys(result)).toEqual(['wide', 'unary_3']);
    expectClose(result.wide as Float32Array, outputs[0]);
    expectClose(result.unary_3 as Float32Array, outputs[1]);
  });

  test('takes and gives arrays of every type', async () => {
    const net = await (await importModule('every')).load();
    const { inputs, outputs } = cases.get('every') as RecordedCase;
    expect(Object.values(net.run(...inputs))).toEqual(outputs);
    expect(net.inputs.map(({ dtype }) => dtype).join()).toBe('f32,i32,i16,u16,i8,u8,bool');
    const wrong = inputs.with(5, Int8Array.from(inputs[5] ?? []));
    expect(() => net.run(...wrong)).toThrow('must be a Uint8Array of 10 numbers (2 x 5), not Int8');
  });

  test('runs a network without inputs', async () => {
    const net = await (await importModule('constants')).load();
    expect(Object.values(net.run())).toEqual(cases.get('constants')?.outputs);
  });

  test('takes bytes and URLs instead of the files beside it', async () => {
    const { load } = await importModule('one');
    const { inputs, outputs } = cases.get('one') as RecordedCase;
    const url = pathToFileURL(join(folder, 'one.wasm'));
    const net = await load({ wasm: url, weights: weightFiles.get('one') });
    expectClose(net.run(inputs[0]) as Float32Array, outputs[0]);
    const again = await load({
      wasm: './one.wasm',
      weights: url.href.replace('.wasm', '.weights'),
    });
    expectClose(again.run(inputs[0]) as Float32Array, outputs[0]);
  });

  test('says what is wrong with its arguments', async () => {
    const net = await (await importModule('one')).load();
    expect(() => net.run()).toThrow('one.run takes 1 arrays, not 0');
    expect(() => net.run([1, 2])).toThrow(
      'one.run: input must be a Float32Array of 90 numbers (1 x 6 x 5 x 3), not Array',
    );
    expect(() => net.run(undefined)).toThrow('not undefined');
    expect(() => net.run(new Float32Array(89))).toThrow('it has 89');
  });

  test('refuses weights that do not fit', async () => {
    const { load } = await importModule('one');
    const good = weightFiles.get('one') as Uint8Array;
    const damaged = good.slice();
    damaged[100] = (damaged[100] as number) ^ 1;
    await expect(load({ weights: damaged })).rejects.toThrow('the file is damaged');
    const foreign = good.slice();
    foreign[24] = (foreign[24] as number) ^ 1;
    await expect(load({ weights: foreign })).rejects.toThrow('they belong to another model');
    await expect(load({ weights: good.slice(1) })).rejects.toThrow('bytes instead of');
    await expect(load({ weights: './none.weights' })).rejects.toThrow('none.weights');
  });
});
