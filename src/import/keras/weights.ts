/**
 * Where the weights of a layer come from, the same for every container. Weights are read when they
 * are asked for, one at a time; shapes are known before.
 */
import type { LayerDescription } from './model.ts';

/** A weight that a layer's configuration makes it have, in the order in which Keras creates them. */
export interface WeightSpec {
  readonly name: string;
  /** False for what training does not change by gradient (moving averages). */
  readonly trainable: boolean;
  /** The object inside the layer that owns it, as Keras 3 saves it: "cell", "forward_layer/cell". */
  readonly owner: string;
}

export interface StoredWeight {
  /** As the file spells it, for messages. */
  readonly name: string;
  readonly shape: readonly number[];
  /** May be a view of the file: not to be written to. */
  readonly read: () => Float32Array;
}

/** A layer and the weights that it should have; undefined where any number will do. */
export interface Leaf {
  readonly layer: LayerDescription;
  readonly specs: readonly WeightSpec[] | undefined;
}

export interface WeightStore {
  /** The weights of a layer in the order of its specs; throws when the file lacks them. */
  readonly weightsOf: (leaf: Leaf) => readonly StoredWeight[];
  /** Fetches what `read` needs, for containers whose data lies in other files. */
  readonly load: () => Promise<void>;
}

/** The usual case: weights that the layer itself owns. */
export function ownWeights(...names: readonly string[]): WeightSpec[] {
  return names.map((name) => ({ name, trainable: true, owner: '' }));
}

/**
 * Distributes an ordered list of weight names among layers, which is how .h5 files (per layer of
 * the outermost model) and TensorFlow.js manifests (all in one) store them. By name first, since
 * names nearly always hold the layer's name. Where that does not work out (renamed layers, layers
 * of the same name), by order: Keras writes all trainable weights before all others.
 *
 * Gives the positions in `names` for each leaf, or undefined when neither works.
 */
export function distributeWeights(
  leaves: readonly Leaf[],
  names: readonly string[],
): ReadonlyMap<Leaf, readonly number[]> | undefined {
  return (
    byName(leaves, names) ??
    byOrder(leaves, names.length, true) ??
    byOrder(leaves, names.length, false)
  );
}

function byName(
  leaves: readonly Leaf[],
  names: readonly string[],
): Map<Leaf, number[]> | undefined {
  const found = new Map<Leaf, number[]>(leaves.map((leaf) => [leaf, []]));
  const owners = ownersByName(leaves);
  for (const [position, name] of names.entries()) {
    const leaf = ownerOf(owners, name);
    if (!leaf) return undefined;
    found.get(leaf)?.push(position);
  }
  const fits = leaves.every((leaf) => !leaf.specs || leaf.specs.length === found.get(leaf)?.length);
  return fits ? found : undefined;
}

/** Layers with weights by name and by path; undefined for a name that two of them have. */
function ownersByName(leaves: readonly Leaf[]): Map<string, Leaf | undefined> {
  const owners = new Map<string, Leaf | undefined>();
  for (const leaf of leaves) {
    if (leaf.specs?.length === 0) continue;
    for (const name of new Set([leaf.layer.path, leaf.layer.name])) {
      owners.set(name, owners.has(name) ? undefined : leaf);
    }
  }
  return owners;
}

const MAX_PARTS = 64;

/** The layer whose name is the longest run of parts in the folder of the weight's path. */
function ownerOf(owners: ReadonlyMap<string, Leaf | undefined>, weight: string): Leaf | undefined {
  const parts = weight.split('/', MAX_PARTS + 1).slice(0, -1);
  if (parts.length >= MAX_PARTS) return undefined;
  for (let length = parts.length; length > 0; length--) {
    for (let start = 0; start + length <= parts.length; start++) {
      const owner = owners.get(parts.slice(start, start + length).join('/'));
      if (owner) return owner;
    }
  }
  return undefined;
}

function byOrder(
  leaves: readonly Leaf[],
  count: number,
  trainableFirst: boolean,
): Map<Leaf, number[]> | undefined {
  const found = new Map<Leaf, number[]>(leaves.map((leaf) => [leaf, []]));
  let next = 0;
  const passes = trainableFirst ? [true, false] : [undefined];
  for (const pass of passes) {
    for (const leaf of leaves) {
      for (const spec of leaf.specs ?? []) {
        const trainable = spec.trainable && leaf.layer.trainable;
        if (pass === undefined || trainable === pass) found.get(leaf)?.push(next++);
      }
    }
  }
  return next === count ? found : undefined;
}
