/** Mutated ONNX models, and what becomes of them: C, or a problem. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { emitC } from '../../src/emit/c.ts';
import { BinarynetError, fail } from '../../src/errors.ts';
import { importModel } from '../../src/import/index.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { optimize } from '../../src/passes/index.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { Random } from './random.ts';

const FOLDER = new URL('../fixtures/onnx/torch/', import.meta.url);
const MAX_MS = 5000;
const MAX_KILOBYTES = 2 ** 20;

/** A convolutional, a recurrent and a binary network. */
export const MUTATED_MODELS = ['residual', 'lstm_bidirectional', 'bnn_sign'] as const;

export function modelBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.onnx`, FOLDER)));
}

/**
 * All of the compiler on one file: the problem's code, or "ok". Fails the test when anything else is
 * thrown, or when it takes over 5 seconds or the process over 1 GB.
 */
export async function outcome(bytes: Uint8Array, what: string): Promise<string> {
  const start = performance.now();
  const code = await compileOutcome(bytes, what);
  expect(performance.now() - start, `${what}: milliseconds`).toBeLessThan(MAX_MS);
  expect(process.resourceUsage().maxRSS, `${what}: kilobytes`).toBeLessThan(MAX_KILOBYTES);
  return code;
}

async function compileOutcome(bytes: Uint8Array, what: string): Promise<string> {
  try {
    const sibling = () => fail({ code: 'not-found', found: 'there is no such file' });
    const graph = await importModel({ name: 'model.onnx', bytes, sibling });
    verifyGraph(graph, 'source');
    const kernels = loadKernelSources();
    const target = targetNamed('portable');
    const program = planProgram(optimize(graph), target, { name: 'net', kernels });
    emitC(program, kernels, { weights: 'file', cases: [] });
    return 'ok';
  } catch (error) {
    if (error instanceof BinarynetError) return error.problems[0]?.code ?? 'none';
    throw new Error(`${what} ended in a defect`, { cause: error });
  }
}

/** How often the mutations with the numbers from `first` on ended in each way. */
export async function outcomesOfMutations(
  name: string,
  first: number,
  count: number,
): Promise<Map<string, number>> {
  const original = modelBytes(name);
  const outcomes = new Map<string, number>();
  for (let seed = first; seed < first + count; seed++) {
    const code = await outcome(mutated(original, seed), `${name}, mutation ${seed}`);
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  }
  return outcomes;
}

/** A few bits flipped, bytes set, stretches removed, repeated or moved; now and then the end cut. */
function mutated(original: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed);
  let bytes = original;
  for (let changes = random.integer(1, 4); changes > 0; changes--) bytes = changed(bytes, random);
  return bytes;
}

function changed(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(0, bytes.length - 1);
  const length = Math.min(random.integer(1, 24), bytes.length - at);
  const copy = bytes.slice();
  switch (random.integer(0, 5)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 3:
      copy.copyWithin(random.integer(0, bytes.length - length), at, at + length);
      return copy;
    case 4:
      copy[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(0, 255)]);
      return copy;
    default:
      copy[at] = (copy[at] as number) ^ (1 << random.integer(0, 7));
      return copy;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
