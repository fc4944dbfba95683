/**
 * Writes HDF5 with h5wasm, the HDF5 library in WebAssembly. It is loaded when something is written,
 * so that training without that needs no 4 MB of it. Files that come from elsewhere are read with
 * `formats/hdf5`, which says why.
 */
import { fail } from '../errors.ts';

/** A group, with what lies in it by name. */
export interface GroupToWrite {
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
  readonly groups?: Readonly<Record<string, GroupToWrite>>;
  readonly datasets?: readonly DatasetToWrite[];
}

export interface DatasetToWrite {
  /** Groups that a path names are made. */
  readonly path: string;
  /** Row-major. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

type H5wasm = typeof import('h5wasm');
type Group = InstanceType<H5wasm['Group']>;

/** The bytes of a file whose root is this group. Throws a `BinarynetError` without h5wasm. */
export async function writeHdf5(root: GroupToWrite): Promise<Uint8Array> {
  const { File, ready } = await importH5wasm();
  const { FS } = await ready;
  // In a file system in memory; nothing runs between opening and removing it.
  const name = 'binarynet.h5';
  const file = new File(name, 'w');
  try {
    fill(file, root);
    file.close();
    return FS.readFile(name) as Uint8Array;
  } finally {
    FS.unlink(name);
  }
}

async function importH5wasm(): Promise<H5wasm> {
  try {
    return await import('h5wasm');
  } catch {
    return fail({
      code: 'missing-tool',
      found: 'Writing HDF5 takes the package h5wasm, which is not installed.',
      fix: 'Install it: npm install h5wasm.',
    });
  }
}

function fill(group: Group, { attributes = {}, groups = {}, datasets = [] }: GroupToWrite): void {
  for (const [name, value] of Object.entries(attributes)) {
    // An empty list is one of floats, as it is when Keras writes it.
    if (value.length === 0) group.create_attribute(name, new Float64Array(0), [0]);
    else group.create_attribute(name, typeof value === 'string' ? value : [...value]);
  }
  for (const [name, inner] of Object.entries(groups)) fill(makeGroup(group, name), inner);
  for (const { path, data, shape } of datasets) {
    const parts = path.split('/');
    const name = parts.pop() as string;
    const parent = parts.reduce(makeGroup, group);
    parent.create_dataset({ name, data, shape: [...shape], dtype: '<f' });
  }
}

function makeGroup(parent: Group, name: string): Group {
  return (parent.get(name) ?? parent.create_group(name)) as Group;
}
