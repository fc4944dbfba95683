/** What `verify`, `eval` and `bench` run a network on: files, or numbers from a seeded generator. */
import { fail } from '../errors.ts';
import { INTEGER_RANGES, type PortType, randomTensor, tensorOf } from '../ir/elements.ts';
import { consumersOf, elementCount, type Graph, getValue, type TensorData } from '../ir/graph.ts';
import type { ValueId } from '../ir/ops.ts';
import type { Port } from '../plan/program.ts';
import type { Tensors } from '../toolchain/executable.ts';
import { type Affine, readSamples } from './data-file.ts';

export interface Samples {
  readonly count: number;
  /** One array per input of the network. */
  readonly sample: (index: number) => Tensors;
}

/** One file per input of the network, in the network's order. */
export async function samplesFromFiles(
  paths: readonly string[],
  ports: readonly Port[],
  affine: Affine,
): Promise<Samples> {
  if (paths.length !== ports.length) {
    const names = ports.map(({ name }) => JSON.stringify(name)).join(', ');
    fail({
      code: 'bad-input',
      found: `the network has ${ports.length} inputs (${names}), but ${paths.length} files are given`,
      fix: 'Give --inputs once per input, in that order.',
    });
  }
  const files = await Promise.all(
    paths.map((path, i) => readSamples(path, ports[i] as Port, affine)),
  );
  const [first] = files;
  const count = first?.count ?? 0;
  files.forEach((file, i) => {
    if (file.count === count) return;
    const found = `it holds ${file.count} samples, where the first file holds ${count}`;
    fail({ code: 'bad-input', file: paths[i] as string, found });
  });
  return { count, sample: (index) => files.map((file) => file.sample(index)) };
}

/** Where random inputs lie. */
export type Range = readonly [number, number];

export const DEFAULT_RANGE: Range = [-2, 2];

/**
 * Floats: multiples of 1/64 in [low, high), or whole numbers when the range is as wide as that of
 * pixels: numbers that small integers times powers of two hold exactly, so that sums of few of them
 * are exact in float. Integers: those of the range that their type holds; without a range, what
 * suits the type. Inputs that index a table get whole numbers within it.
 */
export function randomSamples(graph: Graph, count: number, range?: Range): Samples {
  const tables = tableSizes(graph);
  const sample = (index: number): Tensors => {
    const random = generator(index + 1);
    return graph.inputs.map((id) => {
      const { dtype, shape } = getValue(graph, id).type;
      const type = dtype as PortType;
      const length = elementCount(shape);
      const table = tables.get(id);
      if (table !== undefined) return within([0, table], 1, type, length, random);
      if (dtype === 'f32') {
        const [low, high] = range ?? DEFAULT_RANGE;
        return within([low, high], high - low >= 64 ? 1 : 1 / 64, type, length, random);
      }
      if (!range) return randomTensor(type, length, random);
      return within(clipped(range, type), 1, type, length, random);
    });
  };
  return { count, sample };
}

/** Multiples of `step` in [low, high). */
function within(
  [low, high]: Range,
  step: number,
  type: PortType,
  length: number,
  random: () => number,
): TensorData {
  const pick = (): number => low + Math.floor((random() * (high - low)) / step) * step;
  return tensorOf(type, Array.from({ length }, pick));
}

/** The part of a range that an integer type holds; at least one number. */
function clipped([low, high]: Range, type: PortType): Range {
  const [least, greatest] = INTEGER_RANGES[type] as Range;
  const first = Math.min(greatest, Math.max(least, Math.ceil(low)));
  return [first, Math.max(first + 1, Math.min(greatest + 1, Math.ceil(high)))];
}

/** All samples in order, from `start` up to `end`. */
export function* sampleRange(samples: Samples, start: number, end: number): Generator<Tensors> {
  for (let index = start; index < end; index++) yield samples.sample(index);
}

/** The table's length for each input that only indexes one. */
function tableSizes(graph: Graph): Map<ValueId, number> {
  const sizes = new Map<ValueId, number>();
  const consumers = consumersOf(graph);
  const visit = (input: ValueId, id: ValueId): void => {
    for (const node of consumers.get(id) ?? []) {
      if (node.op === 'reshape' || node.op === 'cast') visit(input, node.output);
      if (node.op !== 'gather' || node.inputs[1] !== id) continue;
      const length = getValue(graph, node.inputs[0] as ValueId).type.shape[node.attrs.axis] ?? 1;
      sizes.set(input, Math.min(length, sizes.get(input) ?? length));
    }
  };
  for (const id of graph.inputs) visit(id, id);
  return sizes;
}

/** Numbers in [0, 1): xorshift, seeded so that neighbouring seeds differ at once. */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
