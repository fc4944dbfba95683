/**
 * Weights in `model.weights.h5` of a .keras archive: one group per layer, named after its class and
 * numbered per model (`layers/dense`, `layers/dense_1`, …), with the weights as `vars/0`, `vars/1`.
 * Objects inside a layer have groups inside its own (`layers/lstm/cell/vars/0`).
 */
import { corrupt } from '../../formats/bytes.ts';
import type { Hdf5Group } from '../../formats/hdf5/file.ts';
import type { LayerDescription, ModelDescription } from './model.ts';
import type { Leaf, StoredWeight } from './weights.ts';
import { storedDataset } from './weights-h5.ts';

/** What `model.weights.h5` holds, by path. */
export interface V3Container {
  readonly find: (path: string) => StoredWeight | undefined;
  readonly hasGroup: (path: string) => boolean;
}

export function v3Container(root: Hdf5Group): V3Container {
  return {
    find: (path) => {
      const dataset = root.dataset(path);
      return dataset && storedDataset(path, dataset);
    },
    hasGroup: (path) => root.group(path) !== undefined,
  };
}

export function openV3Weights(
  container: V3Container,
  model: ModelDescription,
): (leaf: Leaf) => StoredWeight[] {
  const groups = new Map<LayerDescription, string>();
  nameGroups(container, model, '', groups);
  return ({ layer, specs }) => {
    const group = groups.get(layer) ?? layer.path;
    const next = new Map<string, number>();
    return (specs ?? []).map(({ name, owner }) => {
      const index = next.get(owner) ?? 0;
      next.set(owner, index + 1);
      const path = `${group}/${owner === '' ? '' : `${owner}/`}vars/${index}`;
      return container.find(path) ?? corrupt(`The file lacks its weight "${name}" ("${path}").`);
    });
  };
}

/** The group of every layer, nested models included. */
function nameGroups(
  file: V3Container,
  model: ModelDescription,
  prefix: string,
  groups: Map<LayerDescription, string>,
): void {
  const container = containerOf(file, prefix);
  const used = new Map<string, number>();
  for (const layer of model.layers) {
    if (layer.isOperation) continue;
    const base = snakeCase(layer.className);
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    const path = `${container}/${count === 0 ? base : `${base}_${count}`}`;
    groups.set(layer, path);
    if (layer.model) nameGroups(file, layer.model, `${path}/`, groups);
  }
}

/** Early versions (2.12) saved the layers of a model under another name. */
function containerOf(file: V3Container, prefix: string): string {
  const early = `${prefix}_layer_checkpoint_dependencies`;
  return !file.hasGroup(`${prefix}layers`) && file.hasGroup(early) ? early : `${prefix}layers`;
}

/** As Keras spells class names in group names: "Conv2DTranspose" is "conv2d_transpose". */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
