/**
 * Which call of a nested model a reference means. Keras counts the calls of a functional model from
 * 1, call 0 being the one that defined it and that no file lists:
 * - Keras 2 does so in all references, TensorFlow.js in none
 * - Keras 3 does so in the outputs of the outer model, but not in the inputs of its layers
 *
 * Since every listed call is used somewhere, the smallest number in use tells in the formats where
 * all references count alike.
 */
import {
  type Argument,
  type LayerCall,
  type LayerDescription,
  type ModelDescription,
  type TensorRef,
  tensorsOf,
} from './model.ts';

export type CallNotation = 'keras2' | 'keras3';

/** The same model with all references counted from 0. */
export function countCallsFromZero(
  model: ModelDescription,
  notation: CallNotation,
): ModelDescription {
  const nested = new Map(
    model.layers.filter((layer) => layer.model).map((layer) => [layer.name, layer]),
  );
  if (nested.size === 0) return model;
  const inputs = leastCalls(model.layers.flatMap((layer) => layer.calls.flatMap(refsOf)));
  const outputs = leastCalls(model.outputs);
  const inputBase = (name: string): number => {
    if (notation === 'keras3') return 0;
    return Math.min(inputs.get(name) ?? 1, outputs.get(name) ?? 1) >= 1 ? 1 : 0;
  };
  const outputBase = (name: string, layer: LayerDescription): number => {
    if (notation === 'keras2') return inputBase(name);
    return layer.className !== 'Sequential' && (outputs.get(name) ?? 1) >= 1 ? 1 : 0;
  };
  const shift = (base: typeof outputBase) => (ref: TensorRef) => {
    const layer = nested.get(ref.layer);
    return layer ? { ...ref, call: ref.call - base(ref.layer, layer) } : ref;
  };
  const shiftInput = shift(inputBase);
  const shiftCall = (call: LayerCall): LayerCall => ({
    args: call.args.map((arg) => mapTensors(arg, shiftInput)),
    kwargs: new Map([...call.kwargs].map(([key, arg]) => [key, mapTensors(arg, shiftInput)])),
  });
  return {
    ...model,
    layers: model.layers.map((layer) => ({ ...layer, calls: layer.calls.map(shiftCall) })),
    outputs: model.outputs.map(shift(outputBase)),
  };
}

function refsOf(call: LayerCall): TensorRef[] {
  return tensorsOf([...call.args, ...call.kwargs.values()]);
}

/** The smallest call number that is used of each layer. */
function leastCalls(refs: readonly TensorRef[]): Map<string, number> {
  const least = new Map<string, number>();
  for (const { layer, call } of refs) {
    least.set(layer, Math.min(call, least.get(layer) ?? call));
  }
  return least;
}

function mapTensors(arg: Argument, map: (ref: TensorRef) => TensorRef): Argument {
  if (arg.kind === 'tensor') return { kind: 'tensor', ref: map(arg.ref) };
  if (arg.kind === 'constant') return arg;
  return { kind: 'list', items: arg.items.map((item) => mapTensors(item, map)) };
}
