/**
 * MNIST and CIFAR-10 from files, which are fetched from the data sets' home when that is wanted. What
 * is fetched is held against a checksum before it gets its name, so that no file is ever partly there.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';
import { fail, withFile } from '../../errors.ts';
import { writeFiles } from '../../toolchain/files.ts';
import { cifarDataset, type Dataset, idxDataset } from '../dataset.ts';

export interface TrainingData {
  readonly training: Dataset;
  readonly test: Dataset;
}

export interface DataSetOptions {
  /** Whether files that are missing are fetched; they aren't unless told so. */
  readonly download?: boolean;
  /** Where they are fetched from; the data set's home unless told otherwise. */
  readonly from?: string;
}

/** A file to fetch, and what it has to be: MNIST's hashes are of the files before they were packed. */
interface Source {
  readonly name: string;
  readonly algorithm: 'md5' | 'sha256';
  readonly hash: string;
}

const MNIST_HOME = 'https://storage.googleapis.com/cvdf-datasets/mnist';
const MNIST = {
  trainingImages: mnistSource(
    'train-images-idx3-ubyte',
    'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  ),
  trainingLabels: mnistSource(
    'train-labels-idx1-ubyte',
    '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  ),
  testImages: mnistSource(
    't10k-images-idx3-ubyte',
    '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  ),
  testLabels: mnistSource(
    't10k-labels-idx1-ubyte',
    'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  ),
};

/** The archive's checksum as its authors publish it, who give this one only. */
const CIFAR_HOME = 'https://www.cs.toronto.edu/~kriz';
const CIFAR: Source = {
  name: 'cifar-10-binary.tar.gz',
  algorithm: 'md5',
  hash: 'c32a1d4ab5d03f1284b67883e8d87530',
};
/** More than any of these files unpacks to. */
const MAX_UNPACKED = 2 ** 28;
const CIFAR_FILE = /^(data_batch_.+|test_batch)\.bin$/;

function mnistSource(name: string, hash: string): Source {
  return { name: `${name}.gz`, algorithm: 'sha256', hash };
}

/**
 * MNIST: its four IDX files in a folder, gzipped or not. Throws a `BinarynetError` that names what is
 * missing, or what is not MNIST.
 */
export async function readMnist(
  folder: string,
  { download = false, from = MNIST_HOME }: DataSetOptions = {},
): Promise<TrainingData> {
  const there = await namesIn(folder);
  const missing = Object.values(MNIST).filter(({ name }) => !mnistName(there, name));
  if (missing.length > 0 && !download) failMissing(folder, missing);
  for (const source of missing) {
    const bytes = await fetchBytes(`${from}/${source.name}`);
    demandHash(source, unpack(bytes, source.name), `${from}/${source.name}`);
    await writeFiles(folder, [{ path: source.name, data: bytes }]);
  }
  const names = await namesIn(folder);
  const read = async ({ name }: Source) => {
    const file = join(folder, mnistName(names, name) ?? name);
    return unpack(new Uint8Array(await readFile(file)), file);
  };
  const dataset = async (images: Source, labels: Source) => {
    const [pixels, answers] = [await read(images), await read(labels)];
    return withFile(join(folder, images.name), () => idxDataset(pixels, answers));
  };
  return {
    training: await dataset(MNIST.trainingImages, MNIST.trainingLabels),
    test: await dataset(MNIST.testImages, MNIST.testLabels),
  };
}

/**
 * CIFAR-10 in its binary format: `test_batch.bin` and every `data_batch_….bin` of a folder. Throws a
 * `BinarynetError` that names what is missing or not whole.
 */
export async function readCifar10(
  folder: string,
  { download = false, from = CIFAR_HOME }: DataSetOptions = {},
): Promise<TrainingData> {
  const isThere = (names: readonly string[]) =>
    names.includes('test_batch.bin') && names.some((name) => name.startsWith('data_batch_'));
  if (!isThere(await cifarNames(folder))) {
    if (!download)
      failMissing(folder, [{ name: 'data_batch_1.bin …' }, { name: 'test_batch.bin' }]);
    await fetchCifar(folder, from);
  }
  const names = await cifarNames(folder);
  const read = async (name: string) => new Uint8Array(await readFile(join(folder, name)));
  const [test, ...batches] = [names.at(-1) as string, ...names.slice(0, -1)];
  const whole = async (name: string) => {
    const bytes = await read(name);
    withFile(join(folder, name), () => cifarDataset(bytes));
    return bytes;
  };
  return {
    training: cifarDataset(...(await Promise.all(batches.map(whole)))),
    test: cifarDataset(await whole(test)),
  };
}

/** Training batches in order, then the test batch. */
async function cifarNames(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => CIFAR_FILE.test(name)).sort();
}

/** Fetches the archive, which must have a hash, and writes its batches. */
export async function fetchCifar(folder: string, from: string, hash = CIFAR.hash): Promise<void> {
  const address = `${from}/${CIFAR.name}`;
  const archive = await fetchBytes(address);
  demandHash({ ...CIFAR, hash }, archive, address);
  const files = parseTar(unpack(archive, address)).flatMap(({ name, data }) => {
    const path = name.slice(name.lastIndexOf('/') + 1);
    return data && CIFAR_FILE.test(path) ? [{ path, data }] : [];
  });
  await writeFiles(folder, files);
}

/** The file's name in the folder, with or without .gz. */
function mnistName(names: readonly string[], name: string): string | undefined {
  return [name, name.replace(/\.gz$/, '')].find((candidate) => names.includes(candidate));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function failMissing(folder: string, missing: readonly { readonly name: string }[]): never {
  return fail({
    code: 'not-found',
    file: folder,
    found: `There is no ${missing.map(({ name }) => name).join(', no ')}.`,
    fix: 'Name the folder that has them (--data), or have them fetched (--download).',
  });
}

async function fetchBytes(address: string): Promise<Uint8Array> {
  const failed = (found: string): never =>
    fail({
      code: 'not-found',
      file: address,
      found,
      fix: 'Fetch it by other means and name its folder (--data).',
    });
  try {
    const answer = await fetch(address);
    if (!answer.ok) return failed(`The server answers ${answer.status} ${answer.statusText}.`);
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    return failed(`It can't be fetched: ${cause instanceof Error ? cause.message : message}.`);
  }
}

function demandHash({ algorithm, hash }: Source, bytes: Uint8Array, address: string): void {
  const found = createHash(algorithm).update(bytes).digest('hex');
  if (found === hash) return;
  fail({
    code: 'corrupt',
    file: address,
    found: `What came is not the file that was asked for: its ${algorithm} is ${found}, not ${hash}.`,
    fix: 'Try again, or fetch it by other means; nothing was written.',
  });
}

function unpack(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED }));
  } catch {
    return fail({
      code: 'corrupt',
      file,
      found: 'The gzip file is not whole.',
      fix: 'Get it anew.',
    });
  }
}
