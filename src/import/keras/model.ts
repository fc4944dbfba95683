/**
 * A Keras model as plain data, the same for Keras 2, Keras 3 and TensorFlow.js: layers, and calls
 * of layers that refer to each other's results. `topology.ts` makes it, `build.ts` walks it.
 */
import type { Json, JsonObject } from '../../formats/json.ts';

/** Which library's defaults and activation formulas apply. */
export type Dialect = 'keras2' | 'keras3';

/** A result of a call: `call` counts the calls of one layer, `tensor` the results of one call. */
export interface TensorRef {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

/** An argument of a call: a tensor, a constant, or a list of arguments. */
export type Argument =
  | { readonly kind: 'tensor'; readonly ref: TensorRef }
  | { readonly kind: 'constant'; readonly value: Json }
  | { readonly kind: 'list'; readonly items: readonly Argument[] };

export interface LayerCall {
  readonly args: readonly Argument[];
  readonly kwargs: ReadonlyMap<string, Argument>;
}

export interface LayerDescription {
  readonly name: string;
  /** Names of the enclosing models (without the outermost) and of the layer, joined by "/". */
  readonly path: string;
  /** Without a package: "Larq>QuantConv2D" is "QuantConv2D". */
  readonly className: string;
  readonly config: JsonObject;
  readonly trainable: boolean;
  /** An operation on tensors that Keras 3 recorded; it is saved without weights. */
  readonly isOperation: boolean;
  readonly calls: readonly LayerCall[];
  /** Set when the layer is itself a model. */
  readonly model?: ModelDescription;
}

export interface ModelDescription {
  readonly name: string;
  readonly className: string;
  readonly layers: readonly LayerDescription[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
}

/** All layers that aren't models, in order, the ones of nested models in their place. */
export function leafLayers(model: ModelDescription): LayerDescription[] {
  return model.layers.flatMap((layer) => (layer.model ? leafLayers(layer.model) : [layer]));
}

/** The tensors among arguments, depth first. */
export function tensorsOf(args: readonly Argument[]): TensorRef[] {
  return args.flatMap((arg) => {
    if (arg.kind === 'tensor') return [arg.ref];
    return arg.kind === 'list' ? tensorsOf(arg.items) : [];
  });
}
