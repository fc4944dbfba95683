import { describe, expect, test } from 'vitest';
import { emitC, type OutputFile } from '../../src/emit/c.ts';
import { BinarynetError } from '../../src/errors.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { optimize } from '../../src/passes/index.ts';
import { planProgram } from '../../src/plan/plan.ts';
import type { Program } from '../../src/plan/program.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import type { Executable } from '../../src/toolchain/executable.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import type { NativeOptions } from '../../src/toolchain/native.ts';
import { openExecutable } from '../../src/toolchain/open.ts';
import { sixtyFourths, smallBinaryNet } from '../support/small-graphs.ts';
import { type Tool, testWith } from '../support/tools.ts';

const kernels = loadKernelSources();
const graph = smallBinaryNet();
const INPUT_SIZE = 6 * 6 * 3;

interface Case {
  readonly name: string;
  readonly target: string;
  readonly tools: readonly Tool[];
  readonly options?: NativeOptions;
}

const CASES: readonly Case[] = [
  { name: 'wasm', target: 'wasm', tools: [] },
  { name: 'host, gcc', target: 'host', tools: ['gcc'], options: { compiler: 'gcc' } },
  { name: 'host, clang', target: 'host', tools: ['clang'], options: { compiler: 'clang' } },
  {
    name: 'portable, gcc with sanitizers',
    target: 'portable',
    tools: ['gcc'],
    options: { compiler: 'gcc', sanitize: true },
  },
];

function compile(target: string, trace = false): { program: Program; files: OutputFile[] } {
  const lowered = optimize(graph, { binary: true });
  const program = planProgram(lowered, targetNamed(target), { name: 'small', kernels });
  return { program, files: emitC(program, kernels, { weights: 'file', cases: [], trace }) };
}

async function open(
  { target, options }: Case,
  trace: boolean,
): Promise<{ readonly run: Executable; readonly calls: number }> {
  const { program, files } = compile(target, trace);
  return { run: await openExecutable(program, files, options), calls: program.calls.length };
}

function* samples(count: number): Generator<Float32Array[]> {
  const random = sixtyFourths(7);
  // One array for all, as a caller may do that reads a file.
  const input = new Float32Array(INPUT_SIZE);
  for (let i = 0; i < count; i++) yield [input.map(random)];
}

async function drain(outputs: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of outputs);
}

describe.each(CASES)('$name', (testCase) => {
  testWith(testCase.tools, 'thousands of samples give what the interpreter gives', async () => {
    const { run } = await open(testCase, false);
    const interpreter = new Interpreter(graph);
    const inputs = samples(3000);
    let count = 0;
    for await (const [output] of run.run(samples(3000))) {
      const expected = interpreter.run(inputs.next().value as Float32Array[])[0] as Float32Array;
      count += 1;
      if (count % 100 !== 0) continue;
      const largest = Math.max(...expected.map(Math.abs));
      const error = Math.max(...expected.map((value, i) => Math.abs(value - (output?.[i] ?? NaN))));
      expect(error).toBeLessThanOrEqual(1e-5 * largest);
    }
    await run.close();
    expect(count).toBe(3000);
  });

  testWith(testCase.tools, 'traces every call, and times runs', async () => {
    const { run, calls } = await open(testCase, true);
    const [sample] = samples(1);
    const traced = await run.trace(sample as Float32Array[]);
    expect(traced.map(({ call }) => call)).toEqual(Array.from({ length: calls }, (_, i) => i));
    expect(await run.time(sample as Float32Array[], 20)).toBeGreaterThan(0);
    await run.close();
  });
});

testWith(['gcc'], 'a reader that stops early ends the program', async () => {
  const { run } = await open(CASES[1] as Case, false);
  function* endless(): Generator<Float32Array[]> {
    for (;;) yield* samples(1000);
  }
  for await (const [output] of run.run(endless())) {
    expect(output).toHaveLength(6 * 6 * 5);
    break;
  }
  await run.close();
});

testWith(
  ['gcc'],
  'a program that crashes is a tool-failed problem with its last words',
  async () => {
    const { program, files } = compile('host');
    const broken = files.map((file) =>
      file.path.endsWith('.weights') ? { ...file, data: new Uint8Array(16) } : file,
    );
    const run = await openExecutable(program, broken, { compiler: 'gcc' });
    const error = await drain(run.run(samples(5))).catch((caught: unknown) => caught);
    await run.close();
    expect((error as BinarynetError).problems[0]).toMatchObject({
      code: 'tool-failed',
      detail: 'the weights can not be read',
    });
  },
);

testWith(['gcc'], 'an error of the samples themselves is passed on', async () => {
  const { run } = await open(CASES[1] as Case, false);
  function* failing(): Generator<Float32Array[]> {
    yield* samples(2);
    throw new RangeError('the disk is gone');
  }
  await expect(drain(run.run(failing()))).rejects.toThrow('the disk is gone');
  await run.close();
});

test('a compiler that is not there is a missing-tool problem that names the way out', async () => {
  const { program, files } = compile('host');
  const error = await openExecutable(program, files, { compiler: 'no-such-cc' }).catch(
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(BinarynetError);
  const [problem] = (error as BinarynetError).problems;
  expect(problem?.code).toBe('missing-tool');
  expect(problem?.fix).toContain('--target wasm');
});
