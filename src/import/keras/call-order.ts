/** The calls of a model in an order in which every call comes after those whose results it reads. */
import { corrupt } from '../../formats/bytes.ts';
import {
  type LayerCall,
  type LayerDescription,
  type ModelDescription,
  tensorsOf,
} from './model.ts';

export interface OrderedCall {
  readonly layer: LayerDescription;
  readonly index: number;
  readonly call: LayerCall;
}

const NO_ARGUMENTS: LayerCall = { args: [], kwargs: new Map() };

export function callOrder(model: ModelDescription): OrderedCall[] {
  // Inputs come first, in the order of the model, which is that of the graph's inputs.
  const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
  const inputs = model.inputs.map((ref) => byName.get(ref.layer));
  const layers = new Set([...inputs.filter((layer) => layer !== undefined), ...model.layers]);
  const calls = [...layers].flatMap((layer) => {
    const own = layer.className === 'InputLayer' ? [NO_ARGUMENTS] : layer.calls;
    return own.map((call, index): OrderedCall => ({ layer, index, call }));
  });
  const keyOf = (layer: string, index: number) => `${index}:${layer}`;
  const waiting = new Map<OrderedCall, number>();
  const readers = new Map<string, OrderedCall[]>();
  for (const entry of calls) {
    const refs = tensorsOf([...entry.call.args, ...entry.call.kwargs.values()]);
    const sources = new Set(refs.map((ref) => keyOf(ref.layer, ref.call)));
    waiting.set(entry, sources.size);
    for (const source of sources) {
      const known = readers.get(source);
      if (known) known.push(entry);
      else readers.set(source, [entry]);
    }
  }
  const ready = calls.filter((entry) => waiting.get(entry) === 0);
  // Grows while it is walked: a call becomes ready when the last of its sources has been passed.
  for (const entry of ready) {
    for (const reader of readers.get(keyOf(entry.layer.name, entry.index)) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (ready.length !== calls.length) {
    const stuck = calls.find((entry) => (waiting.get(entry) ?? 0) > 0);
    corrupt(`The layers of the model form a cycle, which passes "${stuck?.layer.name}".`);
  }
  return ready;
}
