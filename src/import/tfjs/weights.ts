/**
 * The weights of a TensorFlow.js model: groups of shards, each group one run of bytes that holds
 * its weights one after the other, some of them quantized to 8 or 16 bits.
 */
import { fail } from '../../errors.ts';
import { checkedCount, corrupt } from '../../formats/bytes.ts';
import { halfToFloat32 } from '../../formats/hdf5/numbers.ts';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  property,
} from '../../formats/json.ts';
import { MAX_ELEMENTS } from '../../ir/shape-math.ts';
import type { LayerDescription, ModelDescription } from '../keras/model.ts';
import {
  distributeWeights,
  type Leaf,
  type StoredWeight,
  type WeightStore,
} from '../keras/weights.ts';
import { openV3Weights, type V3Container } from '../keras/weights-v3.ts';
import type { ModelSource } from '../source.ts';

interface Group {
  readonly paths: readonly string[];
  readonly size: number;
  bytes: Uint8Array | undefined;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly stored: StoredType;
  readonly scale: number;
  readonly min: number;
}

type StoredType = 'float32' | 'float16' | 'int32' | 'uint8' | 'uint16' | 'bool';

const SIZES: Readonly<Record<StoredType, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  uint16: 2,
  bool: 1,
};

/** Reads the manifest; `load` of the result fetches the shards. */
export function openManifest(
  manifest: Json,
  source: ModelSource,
  model: ModelDescription,
  leaves: readonly Leaf[],
): WeightStore {
  if (!isJsonArray(manifest)) return corrupt('"weightsManifest" is no list.');
  const groups: Group[] = [];
  const weights: StoredWeight[] = [];
  for (const item of manifest) readGroup(item, groups, weights);
  const weightsOf = weights.every(({ name }) => V3_PATH.test(name))
    ? openV3Weights(containerOf(weights), model)
    : distribute(leaves, weights);
  const load = async () => {
    for (const group of groups) group.bytes = await loadGroup(group, source);
  };
  return { weightsOf, load };
}

/** Weights converted from a .keras archive keep their paths there as names. */
const V3_PATH = /(^|\/)vars\/\d+$/;

function containerOf(weights: readonly StoredWeight[]): V3Container {
  const byName = new Map(weights.map((weight) => [weight.name, weight]));
  return {
    find: (path) => byName.get(path),
    hasGroup: (path) => weights.some((weight) => weight.name.startsWith(`${path}/`)),
  };
}

/** Otherwise names hold those of the layers, or the order tells. */
function distribute(
  leaves: readonly Leaf[],
  weights: readonly StoredWeight[],
): (leaf: Leaf) => readonly StoredWeight[] {
  const names = weights.map((weight) => weight.name);
  let byLayer: Map<LayerDescription, readonly StoredWeight[]> | undefined;
  return ({ layer }) => {
    if (!byLayer) {
      const positions = distributeWeights(leaves, names);
      if (!positions) {
        return corrupt('The weights in the manifest do not fit the layers of the model.');
      }
      byLayer = new Map(
        [...positions].map(([leaf, indices]) => [
          leaf.layer,
          indices.map((index) => weights[index] as StoredWeight),
        ]),
      );
    }
    return byLayer.get(layer) ?? [];
  };
}

function readGroup(item: Json, groups: Group[], weights: StoredWeight[]): void {
  const paths = isJsonObject(item) ? property(item, 'paths') : undefined;
  const entries = isJsonObject(item) ? property(item, 'weights') : undefined;
  if (!isJsonArray(paths) || !isJsonArray(entries)) {
    corrupt('A group of "weightsManifest" lacks its paths or its weights.');
  }
  if (new Set(paths).size !== paths.length) corrupt('"weightsManifest" names a file twice.');
  const parsed = entries.map(readEntry);
  const size = parsed.reduce((sum, entry) => sum + entry.count * SIZES[entry.stored], 0);
  const group: Group = { paths: paths.map(checkPath), size, bytes: undefined };
  groups.push(group);
  let offset = 0;
  for (const entry of parsed) {
    const start = offset;
    offset += entry.count * SIZES[entry.stored];
    const end = offset;
    weights.push({
      name: entry.name,
      shape: entry.shape,
      read: () => {
        if (!group.bytes) throw new Error('weight shards are read before they are loaded');
        return decode(group.bytes.subarray(start, end), entry);
      },
    });
  }
}

function readEntry(item: Json): Entry {
  if (!isJsonObject(item)) return corrupt('A weight of "weightsManifest" is no object.');
  const name = property(item, 'name');
  const shape = property(item, 'shape');
  if (typeof name !== 'string' || !isJsonArray(shape)) {
    return corrupt('A weight of "weightsManifest" lacks its name or its shape.');
  }
  const sizes = shape.map((size) => (typeof size === 'number' ? size : -1));
  const count = checkedCount(sizes, MAX_ELEMENTS, `The weight "${name}"`);
  const quantization = property(item, 'quantization');
  if (!isJsonObject(quantization)) {
    const stored = readType(item, name);
    return { name, shape: sizes, count, stored, scale: 1, min: 0 };
  }
  const stored = readType(quantization, name);
  const affine = stored === 'uint8' || stored === 'uint16';
  return {
    name,
    shape: sizes,
    count,
    stored,
    scale: affine ? readNumber(quantization, 'scale', name) : 1,
    min: affine ? readNumber(quantization, 'min', name) : 0,
  };
}

function readType(object: JsonObject, name: string): StoredType {
  const dtype = property(object, 'dtype') ?? 'float32';
  if (typeof dtype === 'string' && Object.hasOwn(SIZES, dtype)) return dtype as StoredType;
  return fail({
    code: 'unsupported',
    found: `The weight "${name}" has the type ${JSON.stringify(dtype).slice(0, 40)}.`,
    fix: 'Convert the model with float32, float16, uint8 or uint16 weights.',
  });
}

function readNumber(object: JsonObject, key: string, name: string): number {
  const value = property(object, key);
  if (typeof value === 'number') return value;
  return corrupt(`The quantization of the weight "${name}" lacks its ${key}.`);
}

/** Shards lie in the model's folder or below. */
function checkPath(path: Json): string {
  const isInside =
    typeof path === 'string' &&
    path !== '' &&
    !/^[a-z][a-z0-9+.-]*:/i.test(path) &&
    !path.startsWith('/') &&
    !/[\\\0]/.test(path) &&
    !path.split('/').includes('..');
  if (isInside) return path;
  return corrupt(
    `The weight file ${JSON.stringify(path).slice(0, 120)} lies outside the folder of the model.`,
    'Keep model.json and its weight files in one folder.',
  );
}

async function loadGroup(group: Group, source: ModelSource): Promise<Uint8Array> {
  const shards: Uint8Array[] = [];
  let length = 0;
  for (const path of group.paths) {
    const { buffer, byteOffset, byteLength } = await source.sibling(path);
    shards.push(new Uint8Array(buffer, byteOffset, byteLength));
    length += byteLength;
    if (length > group.size) break;
  }
  if (length !== group.size) {
    const names = group.paths.slice(0, 3).join(', ');
    corrupt(
      `The weight files (${names}) have ${length} bytes, where the manifest needs ${group.size}.`,
      'Copy or download them again.',
    );
  }
  const only = shards.length === 1 ? shards[0] : undefined;
  if (only) return only;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const shard of shards) {
    bytes.set(shard, offset);
    offset += shard.length;
  }
  return bytes;
}

function decode(bytes: Uint8Array, entry: Entry): Float32Array {
  const { stored, scale, min } = entry;
  if (stored === 'float16') return halfToFloat32(bytes);
  const aligned = bytes.byteOffset % SIZES[stored] === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  if (stored === 'float32') return new Float32Array(buffer, byteOffset, entry.count);
  if (stored === 'int32') return Float32Array.from(new Int32Array(buffer, byteOffset, entry.count));
  const levels = stored === 'uint16' ? new Uint16Array(buffer, byteOffset, entry.count) : aligned;
  return Float32Array.from(levels, (level) => level * scale + min);
}
