/**
 * What the lowering rules write to: draft calls over slots (tensors without a place yet) and weight
 * sections. It knows which graph values are the same memory (views), and turns operands into the
 * type that a kernel reads: a constant becomes a section, bits for a float kernel are unpacked.
 */
import type { Problem } from '../errors.ts';
import {
  type DType,
  elementCount,
  type Graph,
  getValue,
  type Shape,
  type TensorData,
  type TensorType,
} from '../ir/graph.ts';
import type { Node, Unary, ValueId } from '../ir/ops.ts';
import { IDENTITY } from '../ir/ops.ts';
import { C_TYPES, floatsFromBits, littleEndian, packBitRows, tensorBytes } from './pack.ts';
import { takesPart } from './parts.ts';
import type { Argument, KernelCall, Section } from './program.ts';
import { SectionPool } from './sections.ts';
import { STRUCTS, type StructFields, type StructName } from './structs.ts';
import type { Target } from './targets.ts';

/** A tensor that calls write and read; its id becomes that of the program's buffer. */
export interface Slot {
  readonly id: number;
  readonly name: string;
  readonly value?: ValueId;
  readonly type: TensorType;
  readonly bytes: number;
}

/** A call before it is known what it costs. */
export interface DraftCall extends Omit<KernelCall, 'isSplit'> {
  /** Arguments that the output may overwrite, by their index. */
  readonly mayOverwrite: readonly number[];
}

/** The parts of a call that a rule decides. */
export interface CallParts<S extends StructName> {
  readonly kernel: string;
  readonly struct: S;
  readonly shape: StructFields<S>;
  readonly args: readonly Argument[];
  readonly summary: string;
  readonly macs?: number;
  readonly mayOverwrite?: readonly number[];
}

/** Paths of kernel sources ("scalar/unary_f32_f32__scalar.c"); a Map or a Set of them. */
export interface KernelPaths {
  has(path: string): boolean;
}

export class Lowering {
  readonly calls: DraftCall[] = [];
  readonly slots: Slot[] = [];
  readonly weights = new SectionPool();
  readonly problems: Problem[] = [];
  readonly graph: Graph;
  readonly target: Target;
  private readonly kernels: KernelPaths;
  /** A value's memory: a slot, or for constants the value that holds the data. */
  private readonly slotOf = new Map<ValueId, number>();
  private readonly viewOf = new Map<ValueId, ValueId>();

  constructor(graph: Graph, target: Target, kernels: KernelPaths) {
    this.graph = graph;
    this.target = target;
    this.kernels = kernels;
    for (const id of graph.inputs) this.newSlot(id);
  }

  type(id: ValueId): TensorType {
    return getValue(this.graph, id).type;
  }

  shape(id: ValueId): Shape {
    return this.type(id).shape;
  }

  isBits(id: ValueId): boolean {
    return this.type(id).dtype === 'bit';
  }

  /** The data of a constant operand; undefined for an activation. */
  constant(id: ValueId): TensorData | undefined {
    return getValue(this.graph, this.root(id)).data;
  }

  /** Makes `output` another name of `input`'s memory. */
  view(output: ValueId, input: ValueId): void {
    this.viewOf.set(output, this.root(input));
  }

  /** The value whose memory this value is. */
  root(id: ValueId): ValueId {
    return this.viewOf.get(id) ?? id;
  }

  /** The slot of a value, made when it is first asked for. */
  slot(id: ValueId): Slot {
    const known = this.slotOf.get(this.root(id));
    return known === undefined ? this.newSlot(this.root(id)) : (this.slots[known] as Slot);
  }

  /** A tensor that no graph value stands for. */
  temporary(name: string, dtype: DType, shape: Shape): Slot {
    return this.addSlot({ name, type: { dtype, shape } });
  }

  /** An operand in the type it has. */
  read(id: ValueId): Argument {
    if (!this.constant(id)) return reads(this.slot(id));
    const { dtype } = this.type(id);
    if (dtype !== 'bit') return this.packed(id, dtype, C_TYPES[dtype], littleEndian);
    const channels = this.shape(id).at(-1) ?? 1;
    const { wordBits } = this.target;
    return this.packed(id, `rows of ${channels} bits`, 'bn_word', (bits) =>
      packBitRows(bits, channels, wordBits),
    );
  }

  /** An operand as f32; bits are unpacked into a temporary by a call of their own. */
  readFloat(id: ValueId, node: Node): Argument {
    if (!this.isBits(id)) return this.read(id);
    if (this.constant(id)) {
      const expand = (bits: TensorData) => littleEndian(floatsFromBits(bits));
      return this.packed(id, 'expanded bits', 'float', expand);
    }
    const unpacked = this.temporary(`${node.name} unpacked`, 'f32', this.shape(id));
    this.unpack(node, reads(this.slot(id)), unpacked);
    return reads(unpacked);
  }

  /** The output of a node, to be written by a call. */
  write(node: Node): Argument {
    return writes(this.slot(node.output));
  }

  /**
   * The output of a node for a kernel that writes f32. Where the value is bits, `finish` packs them
   * after the call.
   */
  writeFloat(node: Node): { readonly target: Argument; readonly finish: () => void } {
    if (!this.isBits(node.output)) return { target: this.write(node), finish: () => {} };
    const shape = this.shape(node.output);
    const floats = this.temporary(`${node.name} as floats`, 'f32', shape);
    return { target: writes(floats), finish: () => this.repack(node, reads(floats)) };
  }

  /** Constants that don't come from the graph as they are: packed or made up. */
  section(key: string, name: string, ctype: Section['ctype'], pack: () => Uint8Array): Argument {
    return { kind: 'weights', section: this.weights.get(key, name, ctype, pack) };
  }

  /** A constant operand, in the layout that `pack` makes of it; `layout` names that. */
  packed(
    id: ValueId,
    layout: string,
    ctype: Section['ctype'],
    pack: (data: TensorData) => Uint8Array,
  ): Argument {
    const data = this.constant(id);
    if (!data) throw new Error(`%${id} is packed, but it is not a constant`);
    return this.section(`${layout} of ${this.root(id)}`, this.nameOf(id), ctype, () => pack(data));
  }

  /** `count` times the same f32. */
  filled(value: number, count: number, name: string): Argument {
    return this.section(`filled ${value} x ${count}`, name, 'float', () =>
      littleEndian(new Float32Array(count).fill(value)),
    );
  }

  call<S extends StructName>(node: Node, parts: CallParts<S>): void {
    const kernel = this.resolve(parts.kernel, node);
    if (kernel === undefined) return;
    const shape = parts.shape as KernelCall['shape'];
    this.checkFields(parts.struct, shape, node);
    this.calls.push({
      ...parts,
      kernel,
      shape,
      macs: parts.macs ?? 0,
      takesPart: takesPart(kernel),
      mayOverwrite: parts.mayOverwrite ?? [],
      layer: { name: node.name, op: node.sourceOp },
    });
  }

  /** Bits to ±1. */
  unpack(node: Node, from: Argument, to: Slot): void {
    this.call(node, {
      kernel: 'unpack_b1_f32',
      struct: 'bn_rows_shape',
      shape: { ...rowsOf(to.type.shape), activation: IDENTITY },
      args: [from, writes(to)],
      summary: 'bits to float',
    });
  }

  /** ±1 floats, in the order of the node's output, to the bits of that output. */
  repack(node: Node, floats: Argument): void {
    const { rows, channels } = rowsOf(this.shape(node.output));
    this.call(node, {
      kernel: 'binarize_f32_b1',
      struct: 'bn_rows_shape',
      shape: { rows, channels, activation: IDENTITY },
      args: [
        floats,
        this.filled(0, channels, 'thresholds of 0'),
        this.filled(1, channels, 'directions of +1'),
        this.write(node),
      ],
      summary: 'float to bits',
    });
  }

  refuse(node: Node, found: string, fix?: string): void {
    this.problems.push({
      code: 'unsupported',
      found,
      ...(fix === undefined ? {} : { fix }),
      node: { name: node.name, op: node.sourceOp },
    });
  }

  private resolve(kernel: string, node: Node): string | undefined {
    for (const folder of [...this.target.kernels, 'scalar']) {
      if (this.kernels.has(`${folder}/${kernel}__${folder}.c`)) return `${kernel}__${folder}`;
    }
    this.refuse(node, `there is no kernel ${kernel} for the target ${this.target.name}.`);
    return undefined;
  }

  /** Activations have a kernel; counts fit int32_t, in which kernels count. */
  private checkFields(struct: StructName, shape: KernelCall['shape'], node: Node): void {
    for (const [name, type] of Object.entries<string>(STRUCTS[struct])) {
      const field = shape[name];
      if (type === 'activation') this.checkActivation(field as Unary, node);
      if (type !== 'int' && type !== 'axes') continue;
      if ([field].flat().every((count) => Math.abs(count as number) < 2 ** 31)) continue;
      this.refuse(node, `its ${name} is over 2,147,483,647, the most that the C counts to.`);
    }
  }

  private checkActivation({ fn }: Unary, node: Node): void {
    if (fn === 'identity') return;
    if (this.kernels.has(`scalar/activations/${activationFunction(fn)}.c`)) return;
    this.refuse(node, `there is no kernel for the activation ${fn}.`);
  }

  private nameOf(id: ValueId): string {
    return getValue(this.graph, this.root(id)).name;
  }

  private newSlot(id: ValueId): Slot {
    const { name, type } = getValue(this.graph, id);
    const slot = this.addSlot({ name, type, value: id });
    this.slotOf.set(id, slot.id);
    return slot;
  }

  private addSlot(slot: Omit<Slot, 'id' | 'bytes'>): Slot {
    const { dtype, shape } = slot.type;
    const bytes = tensorBytes(dtype, shape, this.target.wordBits);
    const added = { ...slot, id: this.slots.length, bytes };
    this.slots.push(added);
    return added;
  }
}

export function reads(slot: Slot): Argument {
  return { kind: 'buffer', buffer: slot.id, access: 'read' };
}

export function writes(slot: Slot): Argument {
  return { kind: 'buffer', buffer: slot.id, access: 'write' };
}

/** Memory of the call alone; where its work is split, each part has some of its own. */
export function borrows(slot: Slot): Argument {
  return { kind: 'buffer', buffer: slot.id, access: 'scratch' };
}

/** A tensor as rows of channels. */
export function rowsOf(shape: Shape): { readonly rows: number; readonly channels: number } {
  return { rows: elementCount(shape.slice(0, -1)), channels: shape.at(-1) ?? 1 };
}

/** The C function of an activation: `leakyRelu` is `leaky_relu_f32__scalar`. */
export function activationFunction(fn: Unary['fn']): string {
  return `${fn.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_f32__scalar`;
}
