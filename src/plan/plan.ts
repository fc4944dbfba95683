/**
 * From a lowered graph to the program for a target: kernel calls, weights, memory. Pure: which
 * kernels exist is an argument.
 *
 * The calls stand in the graph's order. Network inputs are read where the caller has them and never
 * written; each output is computed right in the caller's array, and only copied to it where it is
 * an input, a constant, or another output as well.
 */
import { BinarynetError } from '../errors.ts';
import type { PortType } from '../ir/elements.ts';
import { type DType, elementCount, type Graph, getValue, makeNode } from '../ir/graph.ts';
import { IDENTITY, type Node, type ValueId } from '../ir/ops.ts';
import { type ArenaTensor, type InPlaceCandidate, planArena } from './arena.ts';
import { lowerNode } from './lower.ts';
import { copyWhole } from './lower-movement.ts';
import {
  type DraftCall,
  type KernelPaths,
  Lowering,
  reads,
  rowsOf,
  type Slot,
  writes,
} from './lowering.ts';
import { isWorthSplitting, scratchOffsets } from './parts.ts';
import type { Argument, Buffer, KernelCall, Place, Port, Program } from './program.ts';
import type { Target } from './targets.ts';

export interface PlanOptions {
  /** Prefix of the C identifiers, as the user wants it; the C writer makes it one. */
  readonly name: string;
  /** The kernel sources that exist, by path under kernels/. */
  readonly kernels: KernelPaths;
}

/** Throws a `BinarynetError` with every node that has no kernel. */
export function planProgram(graph: Graph, target: Target, options: PlanOptions): Program {
  const lowering = new Lowering(graph, target, options.kernels);
  for (const node of graph.nodes) lowerNode(node, lowering);
  const outputs = claimOutputs(graph, lowering);
  if (lowering.problems.length > 0) throw new BinarynetError(lowering.problems);

  const lifetimes = liveRanges(lowering);
  const places = new Map<number, Place>();
  graph.inputs.forEach((id, index) => {
    places.set(lowering.slot(id).id, { kind: 'input', index });
  });
  outputs.forEach((slot, index) => {
    places.set(slot.id, { kind: 'output', index });
  });
  const arenaBytes = placeInArena(lowering, lifetimes, places);
  const calls = lowering.calls.map((call) => toKernelCall(call, lowering));
  return {
    name: options.name,
    target,
    buffers: lowering.slots.map((slot) => toBuffer(slot, lifetimes, places)),
    sections: lowering.weights.sections,
    calls,
    inputs: graph.inputs.map((id) => port(graph, id, lowering.slot(id))),
    outputs: graph.outputs.map((id, index) => port(graph, id, outputs[index] as Slot)),
    arenaBytes,
    scratchBytes: scratchOfThread(calls, lowering),
    weightsBytes: lowering.weights.end,
  };
}

/** The slot that each output is computed in; copies are added for those that need one. */
function claimOutputs(graph: Graph, lowering: Lowering): Slot[] {
  const inputs = new Set(graph.inputs.map((id) => lowering.slot(id).id));
  const claimed = new Set<number>();
  return graph.outputs.map((id) => {
    if (!lowering.constant(id) && !lowering.isBits(id)) {
      const slot = lowering.slot(id);
      if (!inputs.has(slot.id) && !claimed.has(slot.id)) {
        claimed.add(slot.id);
        return slot;
      }
    }
    return copyToOutput(graph, id, lowering);
  });
}

function copyToOutput(graph: Graph, id: ValueId, lowering: Lowering): Slot {
  const { name, type } = getValue(graph, id);
  const dtype = portType(type.dtype);
  const output = lowering.temporary(name, dtype, type.shape);
  const from = lowering.read(id);
  const node = makeNode('reshape', { shape: type.shape }, [id], id, { name, sourceOp: 'output' });
  if (lowering.isBits(id)) lowering.unpack(node, from, output);
  else if (dtype === 'f32' || dtype === 'i32') {
    lowering.call(node, copyWhole(from, writes(output), elementCount(type.shape), dtype));
  } else copyNarrow(node, dtype, from, output, lowering);
  return output;
}

/** Narrow types have no kernels of their own but casts, so they are copied by way of i32. */
function copyNarrow(
  node: Node,
  dtype: PortType,
  from: Argument,
  output: Slot,
  lowering: Lowering,
): void {
  const { shape } = output.type;
  const integers = lowering.temporary(`${node.name} as integers`, 'i32', shape);
  const cast = (kernel: string, args: readonly Argument[]): void =>
    lowering.call(node, {
      kernel,
      struct: 'bn_rows_shape',
      shape: { ...rowsOf(shape), activation: IDENTITY },
      args,
      summary: 'copy to the output',
    });
  cast(`cast_${dtype === 'bool' ? 'u8' : dtype}_i32`, [from, writes(integers)]);
  cast(`cast_i32_${dtype}`, [reads(integers), writes(output)]);
}

/** Bits leave as ±1. */
function portType(dtype: DType): PortType {
  return dtype === 'bit' ? 'f32' : dtype;
}

type LiveRanges = ReadonlyMap<number, readonly [number, number]>;

/** First and last call that touches each slot. */
function liveRanges(lowering: Lowering): LiveRanges {
  const ranges = new Map<number, [number, number]>();
  lowering.calls.forEach((call, index) => {
    for (const arg of call.args) {
      if (arg.kind !== 'buffer') continue;
      const range = ranges.get(arg.buffer);
      if (range) range[1] = index;
      else ranges.set(arg.buffer, [index, index]);
    }
  });
  return ranges;
}

/** Gives the slots that have no place yet one in the arena; returns the arena's size. */
function placeInArena(lowering: Lowering, live: LiveRanges, places: Map<number, Place>): number {
  const tensors = lowering.slots.flatMap(({ id, bytes }): ArenaTensor[] => {
    const range = live.get(id);
    return range && !places.has(id) ? [{ id, bytes, live: range }] : [];
  });
  const candidates = lowering.calls.flatMap(inPlaceCandidate);
  const { offsets, bytes } = planArena(tensors, candidates);
  for (const [id, offset] of offsets) places.set(id, { kind: 'arena', offset });
  return bytes;
}

function inPlaceCandidate(call: DraftCall, index: number): InPlaceCandidate[] {
  if (call.mayOverwrite.length === 0) return [];
  const output = call.args.find((arg) => arg.kind === 'buffer' && arg.access === 'write');
  if (output?.kind !== 'buffer') return [];
  const operands = call.mayOverwrite.flatMap((position) => {
    const arg = call.args[position];
    return arg?.kind === 'buffer' ? [arg.buffer] : [];
  });
  return [{ call: index, output: output.buffer, operands }];
}

function toBuffer(slot: Slot, live: LiveRanges, places: ReadonlyMap<number, Place>): Buffer {
  const { id, value, name, type, bytes } = slot;
  const place = places.get(id);
  if (!place) throw new Error(`slot ${id} (${name}) has no place: no call touches it`);
  return {
    id,
    ...(value === undefined ? {} : { value }),
    name,
    dtype: type.dtype,
    shape: type.shape,
    bytes,
    place,
    live: live.get(id) ?? [0, 0],
  };
}

function toKernelCall({ mayOverwrite: _, ...call }: DraftCall, lowering: Lowering): KernelCall {
  const bytes = call.args.map((arg) =>
    arg.kind === 'weights' ? (lowering.weights.sections[arg.section]?.data.length ?? 0) : 0,
  );
  const weightBytes = bytes.reduce((sum, count) => sum + count, 0);
  return { ...call, isSplit: isWorthSplitting(call, weightBytes, lowering.target) };
}

/** Threads don't write to the same line of a cache where their scratch memory meets. */
const CACHE_LINE = 64;

function scratchOfThread(calls: readonly KernelCall[], lowering: Lowering): number {
  const sizes = calls.map((call) => {
    const written = call.args.filter((arg) => arg.kind === 'buffer' && arg.access === 'write');
    if (call.takesPart && written.length > 1) {
      throw new Error(`${call.kernel} writes ${written.length} tensors: is one of them borrowed?`);
    }
    return call.isSplit ? scratchOffsets(call, lowering.slots).end : 0;
  });
  const largest = Math.max(0, ...sizes);
  return largest === 0 ? 0 : Math.ceil(largest / CACHE_LINE + 1) * CACHE_LINE;
}

function port(graph: Graph, id: ValueId, slot: Slot): Port {
  const { name, type } = getValue(graph, id);
  return { name, dtype: portType(type.dtype), shape: type.shape, buffer: slot.id };
}
