/**
 * The `inbound_nodes` of a layer in their three notations:
 * - Keras 2 and TensorFlow.js: `[["name", call, tensor, kwargs], …]` per call, or one such entry
 * - Keras 2 for functions: the same, with tensors among the kwargs as `["name", call, tensor]`
 * - Keras 3: `{ args, kwargs }` per call, with `__keras_tensor__` objects in them
 */
import { fail } from '../../errors.ts';
import { corrupt } from '../../formats/bytes.ts';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  property,
} from '../../formats/json.ts';
import type { Argument, LayerCall, TensorRef } from './model.ts';

export function parseCalls(inbound: Json | undefined, layer: string): LayerCall[] {
  if (inbound === undefined || inbound === null) return [];
  if (!isJsonArray(inbound)) return corrupt(`The inputs of the layer "${layer}" are no list.`);
  return inbound.map((call) => {
    if (isJsonObject(call) && property(call, 'args') !== undefined) return keras3Call(call, layer);
    return keras2Call(call, layer);
  });
}

function keras3Call(call: JsonObject, layer: string): LayerCall {
  const args = property(call, 'args');
  if (!isJsonArray(args)) return corrupt(`The inputs of the layer "${layer}" are no list.`);
  const kwargs = property(call, 'kwargs');
  return {
    args: args.map((arg) => keras3Argument(arg, layer)),
    kwargs: new Map(
      isJsonObject(kwargs)
        ? Object.entries(kwargs).map(([key, value]) => [key, keras3Argument(value, layer)])
        : [],
    ),
  };
}

function keras3Argument(value: Json, layer: string): Argument {
  if (isJsonArray(value)) {
    return { kind: 'list', items: value.map((item) => keras3Argument(item, layer)) };
  }
  if (isJsonObject(value) && property(value, 'class_name') === '__keras_tensor__') {
    const config = property(value, 'config');
    const history = isJsonObject(config) ? property(config, 'keras_history') : undefined;
    return { kind: 'tensor', ref: parseRef(history, `The layer "${layer}"`) };
  }
  if (isJsonObject(value) && JSON.stringify(value).includes('"__keras_tensor__"')) {
    return refuseDict(layer);
  }
  return { kind: 'constant', value };
}

function refuseDict(layer: string): never {
  return fail({
    code: 'unsupported',
    found: `The layer "${layer}" is called with a dict of tensors.`,
    fix: 'Call it with a list of tensors.',
  });
}

function keras2Call(call: Json, layer: string): LayerCall {
  const kwargs = new Map<string, Argument>();
  const argument = (entry: Json): Argument => {
    if (!isRefEntry(entry)) {
      if (isJsonArray(entry)) return { kind: 'list', items: entry.map(argument) };
      return isJsonObject(entry)
        ? refuseDict(layer)
        : corrupt(`An input of the layer "${layer}" is malformed.`);
    }
    const extra = entry[3];
    if (isJsonObject(extra)) {
      for (const [key, value] of Object.entries(extra)) kwargs.set(key, keras2Kwarg(value, layer));
    }
    if (entry[0] === '_CONSTANT_VALUE') return { kind: 'constant', value: entry[2] ?? null };
    return { kind: 'tensor', ref: parseRef(entry, `The layer "${layer}"`) };
  };
  return { args: [argument(call)], kwargs };
}

/** Constants among kwargs can look like anything; a tensor is ["name", call, tensor]. */
function keras2Kwarg(value: Json, layer: string): Argument {
  if (isRefEntry(value) && value.length === 3) {
    return { kind: 'tensor', ref: parseRef(value, `The layer "${layer}"`) };
  }
  return { kind: 'constant', value };
}

function isRefEntry(value: Json | undefined): value is readonly Json[] {
  return isJsonArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number';
}

/** The entries of a list or of a dict, the dict in the order of its keys, as Keras has it. */
function childrenOf(value: Json): readonly Json[] | undefined {
  if (isJsonArray(value)) return value;
  if (!isJsonObject(value)) return undefined;
  return Object.keys(value)
    .sort()
    .map((key) => property(value, key) ?? null);
}

/** `["name", call, tensor]`, a list of such, or a dict of such. */
export function parseRefs(value: Json | undefined, owner: string): TensorRef[] {
  if (isRefEntry(value)) return [parseRef(value, owner)];
  const items = value === undefined ? undefined : childrenOf(value);
  if (!items) return corrupt(`${owner} does not list its inputs or outputs.`);
  return items.flatMap((item) => parseRefs(item, owner));
}

function parseRef(value: Json | undefined, owner: string): TensorRef {
  if (isJsonArray(value)) {
    const [layer, call, tensor] = value;
    if (typeof layer === 'string' && isCount(call) && isCount(tensor)) {
      return { layer, call, tensor };
    }
  }
  return corrupt(`${owner} holds a malformed reference to a layer.`);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
