/**
 * The program: an ordered list of kernel calls over buffers with fixed places. It is what `plan`
 * makes of a graph for one target and what `emit` writes as C; nothing in it is left to decide.
 */
import type { PortType } from '../ir/elements.ts';
import type { DType, Shape, TensorData } from '../ir/graph.ts';
import type { Unary, ValueId } from '../ir/ops.ts';
import type { StructName } from './structs.ts';
import type { Target } from './targets.ts';

/** Where a tensor lives while `run` executes. Byte offsets are multiples of 16. */
export type Place =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'arena'; readonly offset: number };

/** An activation tensor or scratch memory. */
export interface Buffer {
  /** Its index in `Program.buffers`. */
  readonly id: number;
  /** The graph value it holds, when it holds one. */
  readonly value?: ValueId;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly bytes: number;
  readonly place: Place;
  /** First and last call that touches it (indices into `calls`). */
  readonly live: readonly [number, number];
}

/** The types of elements in C. */
export type ElementCType = 'float' | 'int32_t' | 'int16_t' | 'uint16_t' | 'int8_t' | 'uint8_t';

/** A run of constants in the weight file. `offset` counts from the start of the file. */
export interface Section {
  readonly name: string;
  readonly ctype: ElementCType | 'bn_word';
  readonly offset: number;
  readonly data: Uint8Array;
}

export type Argument =
  | {
      readonly kind: 'buffer';
      readonly buffer: number;
      readonly access: 'read' | 'write' | 'scratch';
    }
  | { readonly kind: 'weights'; readonly section: number };

/** A field of a shape struct: a number, numbers per axis, or an activation. */
export type ShapeField = number | readonly number[] | Unary;

/** One call of a kernel: `kernel(&shape, ...args)`. */
export interface KernelCall {
  /** The function, with its `__folder`. */
  readonly kernel: string;
  readonly struct: StructName;
  /** In the struct's order; what type each field has, `STRUCTS` says. */
  readonly shape: Readonly<Record<string, ShapeField>>;
  readonly args: readonly Argument[];
  /** The layer it computes, by the names of the source model. */
  readonly layer: { readonly name: string; readonly op: string };
  /** What the call does in a few words, for the table and comments: "3x3 conv, 64 -> 64, sign". */
  readonly summary: string;
  /** Multiply-adds that the layer stands for. */
  readonly macs: number;
  /** The kernel's last argument is the part of its work to do (`struct bn_part`). */
  readonly takesPart: boolean;
  /** Worth doing on several threads; so only where it takes a part. */
  readonly isSplit: boolean;
}

/** An input or output of the whole network. */
export interface Port {
  readonly name: string;
  readonly dtype: PortType;
  readonly shape: Shape;
  readonly buffer: number;
}

export interface Program {
  readonly name: string;
  readonly target: Target;
  readonly buffers: readonly Buffer[];
  readonly sections: readonly Section[];
  readonly calls: readonly KernelCall[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly arenaBytes: number;
  /** What each thread but the first has beyond that, for the scratch memory of split calls. */
  readonly scratchBytes: number;
  /** Size of the weight file, header and padding included. */
  readonly weightsBytes: number;
}

export type { TensorData };
