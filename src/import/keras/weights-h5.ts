/**
 * Weights in an .h5 file: `model_weights/<layer>` with the attribute `weight_names`, split into
 * `weight_names0`, `weight_names1`, … where it is long. A nested model's weights stand together
 * under its name.
 */
import { corrupt } from '../../formats/bytes.ts';
import type { Hdf5Dataset, Hdf5Group } from '../../formats/hdf5/file.ts';
import type { LayerDescription, ModelDescription } from './model.ts';
import { leafLayers } from './model.ts';
import {
  distributeWeights,
  type Leaf,
  type StoredWeight,
  type WeightSpec,
  type WeightStore,
} from './weights.ts';

export function openH5Weights(
  root: Hdf5Group,
  model: ModelDescription,
  specsOf: (layer: LayerDescription) => readonly WeightSpec[] | undefined,
): WeightStore {
  const group = root.group('model_weights');
  if (!group) corrupt('The file has a model but no weights ("model_weights").');
  const byLayer = new Map<LayerDescription, readonly StoredWeight[]>();
  const prepared = new Set<LayerDescription>();
  const topLayerOf = new Map<LayerDescription, LayerDescription>();
  for (const top of model.layers) {
    for (const leaf of top.model ? leafLayers(top.model) : [top]) topLayerOf.set(leaf, top);
  }

  const prepare = (top: LayerDescription): void => {
    if (prepared.has(top)) return;
    const layers = top.model ? leafLayers(top.model) : [top];
    const leaves = layers.map((layer): Leaf => ({ layer, specs: specsOf(layer) }));
    const stored = readGroup(group, top.name);
    const positions = distributeWeights(
      leaves,
      stored.map((weight) => weight.name),
    );
    if (!positions) corrupt(mismatch(leaves, stored));
    for (const [leaf, indices] of positions) {
      byLayer.set(
        leaf.layer,
        indices.map((index) => stored[index] as StoredWeight),
      );
    }
    prepared.add(top);
  };

  const weightsOf = ({ layer }: Leaf) => {
    const top = topLayerOf.get(layer);
    if (top) prepare(top);
    return byLayer.get(layer) ?? [];
  };
  return { weightsOf, load: () => Promise.resolve() };
}

function mismatch(leaves: readonly Leaf[], stored: readonly StoredWeight[]): string {
  const expected = leaves.flatMap((leaf) => leaf.specs?.map((spec) => spec.name) ?? []);
  const list = (names: readonly string[]) => names.slice(0, 8).join(', ') || 'none';
  const names = stored.map((weight) => weight.name);
  return (
    `The file holds ${stored.length} weights for it (${list(names)}), ` +
    `where ${expected.length} are expected (${list(expected)}).`
  );
}

function readGroup(weights: Hdf5Group, layer: string): StoredWeight[] {
  const group = weights.group(layer);
  if (!group) return [];
  return weightNames(group).map((name) => {
    const dataset = group.dataset(name);
    if (!dataset) return corrupt(`The file lacks the weight "${name}".`);
    return storedDataset(name, dataset);
  });
}

export function storedDataset(name: string, dataset: Hdf5Dataset): StoredWeight {
  return { name, shape: dataset.shape, read: () => toFloat32(dataset.read()) };
}

export function toFloat32(data: ReturnType<Hdf5Dataset['read']>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
}

function weightNames(group: Hdf5Group): string[] {
  const whole = group.attribute('weight_names');
  if (whole) return whole.map(String);
  const names: string[] = [];
  for (let part = 0; ; part++) {
    const more = group.attribute(`weight_names${part}`);
    if (!more || more.length === 0) return names;
    names.push(...more.map(String));
  }
}
