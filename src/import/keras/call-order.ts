/**
 * The calls of a model in an order in which every call comes after those whose results it reads:
 * the model's inputs, then the order of the file, where it is such an order.
 */
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
  const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
  const inputs = model.inputs.map((ref) => byName.get(ref.layer));
  const layers = new Set([...inputs.filter((layer) => layer !== undefined), ...model.layers]);
  const calls = new Map<string, OrderedCall>();
  for (const layer of layers) {
    const own = layer.className === 'InputLayer' ? [NO_ARGUMENTS] : layer.calls;
    for (const [index, call] of own.entries()) {
      calls.set(keyOf(layer.name, index), { layer, index, call });
    }
  }
  const order: OrderedCall[] = [];
  const states = new Map<string, 'open' | 'done'>();
  // Depth first without recursion: a call stays on the stack until its sources are done.
  const stack = [...calls.keys()].reverse();
  for (let key = stack.at(-1); key !== undefined; key = stack.at(-1)) {
    const entry = calls.get(key);
    const state = states.get(key);
    if (!entry || state === 'done') {
      stack.pop();
      continue;
    }
    const waiting = state === 'open' ? [] : sourcesOf(entry).filter((at) => !states.has(at));
    if (state !== 'open') states.set(key, 'open');
    if (waiting.length > 0) {
      stack.push(...waiting.reverse());
      continue;
    }
    if (sourcesOf(entry).some((at) => states.get(at) !== 'done')) {
      corrupt(`The layers of the model form a cycle, which passes "${entry.layer.name}".`);
    }
    states.set(key, 'done');
    order.push(entry);
    stack.pop();
  }
  return order;
}

function keyOf(layer: string, index: number): string {
  return `${index}:${layer}`;
}

function sourcesOf({ call }: OrderedCall): string[] {
  const refs = tensorsOf([...call.args, ...call.kwargs.values()]);
  return [...new Set(refs.map((ref) => keyOf(ref.layer, ref.call)))];
}
