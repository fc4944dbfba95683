/**
 * Weights in `model.weights.h5` of a .keras archive: one group per layer, named after its class and
 * numbered per model (`layers/dense`, `layers/dense_1`, …), with the weights as `vars/0`, `vars/1`.
 * Objects inside a layer have groups inside its own (`layers/lstm/cell/vars/0`).
 */
import { corrupt } from '../../formats/bytes.ts';
import type { Hdf5Group } from '../../formats/hdf5/file.ts';
import type { ModelDescription } from './model.ts';
import type { Leaf, StoredWeight, WeightStore } from './weights.ts';
import { storedDataset } from './weights-h5.ts';

export function openV3Weights(root: Hdf5Group, model: ModelDescription): WeightStore {
  const groups = new Map<string, string>();
  nameGroups(root, model, '', groups);
  const weightsOf = ({ layer, specs }: Leaf): StoredWeight[] => {
    const group = groups.get(layer.path);
    const next = new Map<string, number>();
    return (specs ?? []).map(({ name, owner }) => {
      const index = next.get(owner) ?? 0;
      next.set(owner, index + 1);
      const inside = owner === '' ? '' : `${owner}/`;
      const path = `${group ?? ''}/${inside}vars/${index}`;
      const dataset = group === undefined ? undefined : root.dataset(path);
      if (!dataset) return corrupt(`The file lacks its weight "${name}" ("${path}").`);
      return storedDataset(path, dataset);
    });
  };
  return { weightsOf, load: () => Promise.resolve() };
}

/** The group of every layer, nested models included. */
function nameGroups(
  root: Hdf5Group,
  model: ModelDescription,
  prefix: string,
  groups: Map<string, string>,
): void {
  const container = containerOf(root, prefix);
  const used = new Map<string, number>();
  for (const layer of model.layers) {
    if (layer.isOperation) continue;
    const base = snakeCase(layer.className);
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    const path = `${container}/${count === 0 ? base : `${base}_${count}`}`;
    groups.set(layer.path, path);
    if (layer.model) nameGroups(root, layer.model, `${path}/`, groups);
  }
}

/** Early versions (2.12) saved the layers of a model under another name. */
function containerOf(root: Hdf5Group, prefix: string): string {
  const early = `${prefix}_layer_checkpoint_dependencies`;
  return !root.group(`${prefix}layers`) && root.group(early) ? early : `${prefix}layers`;
}

/** As Keras spells class names in group names: "Conv2DTranspose" is "conv2d_transpose". */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
