/** The shapes of a model's inputs: full, with a batch of 1, and nothing left open. */

import { checkedCount } from '../../formats/bytes.ts';
import { isJsonArray, type Json } from '../../formats/json.ts';
import type { Shape } from '../../ir/graph.ts';
import { MAX_ELEMENTS } from '../../ir/shape-math.ts';
import type { LayerConfig } from './config.ts';
import type { LayerDescription } from './model.ts';

/** Shapes for inputs whose sizes the model leaves open, by the input's name; batch included. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

export function inputShape(
  layer: LayerDescription,
  config: LayerConfig,
  given: InputShapes,
  isOnlyInput: boolean,
): Shape {
  if (config.raw('dtype') === 'string') config.refuse('It takes texts.');
  for (const key of ['ragged', 'sparse']) {
    if (config.boolean(key, false)) config.refuse(`It takes ${key} tensors.`);
  }
  const declared = config.raw('batch_shape') ?? config.raw('batch_input_shape');
  const override = givenShape(layer.name, given, isOnlyInput);
  if (!isJsonArray(declared) && !override) {
    return config.refuse(
      'The model does not say what shape its input has.',
      `Give it: shapes { "${layer.name}": [1, …] }, or save the model after it was built.`,
    );
  }
  const shape = isJsonArray(declared)
    ? fillShape(declared, override, layer.name, config)
    : (override ?? []);
  if (shape.length === 0) config.corrupt('Its shape has no axes, not even one for the batch.');
  checkedCount(shape, MAX_ELEMENTS, `The input "${layer.name}"`);
  return shape;
}

function givenShape(
  name: string,
  given: InputShapes,
  isOnlyInput: boolean,
): readonly number[] | undefined {
  if (Object.hasOwn(given, name)) return given[name];
  const all = Object.values(given);
  return isOnlyInput && all.length === 1 ? all[0] : undefined;
}

function fillShape(
  declared: readonly Json[],
  override: readonly number[] | undefined,
  name: string,
  config: LayerConfig,
): number[] {
  if (override && override.length !== declared.length) {
    const sizes = declared.map((size) => size ?? '?').join(', ');
    return config.problem('usage', `Its shape is [${sizes}], not [${override.join(', ')}].`);
  }
  return declared.map((size, axis) => {
    if (axis === 0) return 1;
    const wanted = override?.[axis];
    if (size === null) {
      if (wanted !== undefined && Number.isSafeInteger(wanted) && wanted >= 1) return wanted;
      return config.refuse(
        `Axis ${axis} of the input "${name}" has no fixed size.`,
        `Give all sizes: shapes { "${name}": [1, …] }, or build the model with a fixed input shape.`,
      );
    }
    const isSize = typeof size === 'number' && Number.isSafeInteger(size) && size >= 1;
    if (!isSize) return config.corrupt(`Its shape is ${JSON.stringify(declared).slice(0, 80)}.`);
    if (wanted !== undefined && wanted !== size) {
      return config.problem('usage', `Axis ${axis} has the size ${size}, not ${wanted}.`);
    }
    return size;
  });
}
