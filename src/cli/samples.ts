/** What `verify`, `eval` and `bench` run a network on: files, or numbers from a seeded generator. */
import { fail } from '../errors.ts';
import { consumersOf, elementCount, type Graph, getValue } from '../ir/graph.ts';
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
 * Multiples of 1/64 in [low, high), or whole numbers when the range is as wide as that of pixels:
 * numbers that small integers times powers of two hold exactly, so that sums of few of them are
 * exact in float. Inputs that index a table get whole numbers within it.
 */
export function randomSamples(graph: Graph, count: number, range: Range): Samples {
  const [low, high] = range;
  const step = high - low >= 64 ? 1 : 1 / 64;
  const tables = tableSizes(graph);
  const sample = (index: number): Tensors => {
    const random = generator(index + 1);
    return graph.inputs.map((id) => {
      const length = elementCount(getValue(graph, id).type.shape);
      const table = tables.get(id);
      const pick =
        table === undefined
          ? () => low + Math.floor((random() * (high - low)) / step) * step
          : () => Math.floor(random() * table);
      return Float32Array.from({ length }, pick);
    });
  };
  return { count, sample };
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
      if (node.op === 'reshape') visit(input, node.output);
      if (node.op !== 'gather' || node.inputs[1] !== id) continue;
      const [length = 1] = getValue(graph, node.inputs[0] as ValueId).type.shape;
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
