/**
 * Samples and labels from files: `.npy` of any numeric type, or IDX (MNIST's format), plain or
 * gzipped. The format is detected from content.
 */
import { fail, withFile } from '../errors.ts';
import { gunzip, isGzip } from '../formats/gzip.ts';
import { isIdx, parseIdx } from '../formats/idx.ts';
import { isNpy, type NpyData, readNpy } from '../formats/npy.ts';
import { INTEGER_RANGES, type PortType, tensorOf } from '../ir/elements.ts';
import type { Shape, TensorData } from '../ir/graph.ts';
import type { Port } from '../plan/program.ts';
import { shapeText } from './format.ts';
import { readWholeFile } from './model-file.ts';

/** Numbers of any type with a shape. */
export interface DataArray {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** x * scale + offset, applied to every number of an input. */
export interface Affine {
  readonly scale: number;
  readonly offset: number;
}

/** Samples of a network with one input. */
export interface SampleFile {
  readonly count: number;
  /** The sample of that index, as the network's input. */
  readonly sample: (index: number) => TensorData;
}

export const NO_AFFINE: Affine = { scale: 1, offset: 0 };

/** Reads samples for `port`. Throws `bad-input` when type or shape don't fit. */
export async function readSamples(path: string, port: Port, affine: Affine): Promise<SampleFile> {
  const { shape, data } = await readArray(path);
  const [count = 0, ...sampleShape] = shape;
  if (!fitsShape(sampleShape, port.shape)) {
    const wanted = ['N', ...withoutBatch(port.shape)].join('×');
    fail({
      code: 'bad-input',
      file: path,
      found: `the array has shape ${shapeText(shape)}, where input "${port.name}" needs ${wanted}`,
      fix: 'Save the samples in that shape: the first axis counts them, the others are the input.',
    });
  }
  if (count === 0) fail({ code: 'bad-input', file: path, found: 'the file holds no samples' });
  const size = sampleShape.reduce((product, length) => product * length, 1);
  const at = (index: number): number => (data[index] as number) * affine.scale + affine.offset;
  const misfit = firstMisfit(port.dtype, data.length, at);
  if (misfit !== undefined) {
    const [low, high] = INTEGER_RANGES[port.dtype] ?? [];
    fail({
      code: 'bad-input',
      file: path,
      found: `element ${misfit} is ${at(misfit)}, where input "${port.name}" takes whole numbers from ${low} to ${high}`,
      fix: 'Save numbers that fit, or bring them into the range with --affine where there is one.',
    });
  }
  const sample = (index: number): TensorData =>
    tensorOf(
      port.dtype,
      Float64Array.from({ length: size }, (_, i) => at(index * size + i)),
    );
  return { count, sample };
}

/** The index of the first number that an integer type doesn't hold. */
function firstMisfit(
  dtype: PortType,
  count: number,
  at: (index: number) => number,
): number | undefined {
  const range = INTEGER_RANGES[dtype];
  if (!range) return undefined;
  const [low, high] = range;
  for (let i = 0; i < count; i++) {
    const value = at(i);
    if (!(Number.isInteger(value) && value >= low && value <= high)) return i;
  }
  return undefined;
}

/** [28, 28, 1], [28, 28] and [1, 28, 28, 1] fit an input of [1, 28, 28, 1]. */
function fitsShape(sample: Shape, port: Shape): boolean {
  const same = (a: Shape, b: Shape): boolean =>
    a.length === b.length && a.every((size, axis) => size === b[axis]);
  const wanted = withoutBatch(port);
  const isImage = port.length > 1 && wanted.at(-1) === 1;
  return [port, wanted, ...(isImage ? [wanted.slice(0, -1)] : [])].some((fit) => same(sample, fit));
}

/** The shape of a sample: a leading 1 is a batch of one. */
function withoutBatch(port: Shape): Shape {
  return port[0] === 1 ? port.slice(1) : port;
}

/** Reads one class number per sample. Throws `bad-input` when they are not whole numbers. */
export async function readLabels(path: string, samples: number): Promise<Int32Array> {
  const { shape, data } = await readArray(path);
  const [count = 0, ...rest] = shape;
  if (rest.some((size) => size !== 1)) {
    fail({
      code: 'bad-input',
      file: path,
      found: `the labels have shape ${shapeText(shape)}, where one number per sample is needed`,
      fix: 'Save class numbers (not one-hot rows) in shape N or N×1.',
    });
  }
  if (count !== samples) {
    const found = `there are ${count} labels for ${samples} samples`;
    fail({ code: 'bad-input', file: path, found });
  }
  const bad = Array.prototype.findIndex.call(data, (label: number) => !isClassNumber(label));
  if (bad >= 0) {
    const found = `label ${bad} is ${data[bad]}, which is not a class number`;
    fail({ code: 'bad-input', file: path, found, fix: 'Save class numbers from 0 on.' });
  }
  return Int32Array.from(data);
}

function isClassNumber(label: number): boolean {
  return Number.isInteger(label) && label >= 0 && label < 2 ** 31;
}

async function readArray(path: string): Promise<DataArray> {
  const bytes = await readWholeFile(path);
  return withFile(path, () => parseArray(isGzip(bytes) ? gunzip(bytes) : bytes));
}

function parseArray(bytes: Uint8Array): DataArray {
  if (isNpy(bytes)) {
    const { shape, data } = readNpy(bytes);
    return { shape, data: withoutBigInts(data) };
  }
  if (isIdx(bytes)) return parseIdx(bytes);
  return fail({
    code: 'bad-input',
    found: 'the file is neither a .npy array nor an IDX file',
    fix: 'Save the array with numpy.save.',
  });
}

function withoutBigInts(data: NpyData): ArrayLike<number> {
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
}
