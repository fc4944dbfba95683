/**
 * Walks the fields of one protobuf message that can't be trusted. The decoding itself is the
 * library's; here its exceptions become `corrupt` problems, wire types are checked against what the
 * field should hold, and a budget bounds what a small file can make us allocate.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { BinarynetError, fail } from '../../errors.ts';
import { corrupt } from '../bytes.ts';

/** Largest number of messages, strings and numbers (weighed by their memory) of one file. */
const BUDGET = 2 ** 24;
const COST = { message: 16, text: 2, number: 1 };
/** Graphs may lie in attributes of nodes of graphs; real models nest three deep. */
const MAX_DEPTH = 32;

const AGAIN = 'Copy or download the file again, or export the model anew.';

/** What reading one file may still allocate; shared by all its messages. */
interface Budget {
  left: number;
}

/** A cursor over the fields of a message: `next()`, then one read of the field it stands on. */
export class Message {
  readonly bytes: Uint8Array;
  /** The number of the current field. */
  field = 0;
  private readonly what: string;
  private readonly reader: BinaryReader;
  private readonly budget: Budget;
  private readonly depth: number;
  private wire: WireType = WireType.Varint;
  private isRead = true;

  /** `what` names the message in problems: "a node". */
  constructor(bytes: Uint8Array, what: string, budget: Budget = { left: BUDGET }, depth = 0) {
    // A Node Buffer would hand out views where a Uint8Array copies.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.what = what;
    this.reader = new BinaryReader(this.bytes);
    this.budget = budget;
    this.depth = depth;
  }

  /** Moves on to the next field, over the rest of the current one; false at the end. */
  next(): boolean {
    return this.guard(() => {
      if (!this.isRead) this.reader.skip(this.wire, this.field);
      if (this.reader.pos >= this.reader.len) return false;
      [this.field, this.wire] = this.reader.tag();
      this.isRead = false;
      return true;
    });
  }

  /** A message in the field. */
  message(what: string): Message {
    this.spend(COST.message);
    return new Message(this.view(), what, this.budget, this.depth);
  }

  /** A message that may hold others of its own kind, without end. */
  nested(what: string): Message {
    if (this.depth >= MAX_DEPTH) {
      fail({
        code: 'too-large',
        found: `The ONNX file nests graphs in the attributes of nodes deeper than ${MAX_DEPTH}.`,
      });
    }
    this.spend(COST.message);
    return new Message(this.view(), what, this.budget, this.depth + 1);
  }

  /** The bytes of the field, as a view of the file. */
  view(): Uint8Array {
    this.expect(WireType.LengthDelimited);
    return this.guard(() => this.reader.bytes());
  }

  text(): string {
    this.expect(WireType.LengthDelimited);
    this.spend(COST.text);
    return this.guard(() => this.reader.string());
  }

  /** Any integer; those that a number can't hold exactly become the nearest that it can. */
  int(): number {
    this.expect(WireType.Varint);
    return this.guard(() => saturate(this.reader.int64()));
  }

  float(): number {
    this.expect(WireType.Bit32);
    return this.guard(() => this.reader.float());
  }

  /** Appends the integers of a repeated field, which may be packed or one per tag. */
  ints(into: number[]): void {
    this.elements(WireType.Varint, (reader) => {
      into.push(saturate(reader.int64()));
    });
  }

  floats(into: number[]): void {
    this.elements(WireType.Bit32, (reader) => {
      into.push(reader.float());
    });
  }

  /** Hands a reader to `take` once per element of a repeated field, packed or not. */
  elements(wire: WireType, take: (reader: BinaryReader) => void, cost = COST.number): void {
    if (this.wire !== WireType.LengthDelimited) {
      this.expect(wire);
      this.spend(cost);
      this.guard(() => take(this.reader));
      return;
    }
    const packed = new BinaryReader(this.view());
    this.guard(() => {
      while (packed.pos < packed.len) {
        this.spend(cost);
        take(packed);
      }
    });
  }

  /** Number of elements of the repeated field, without reading them. */
  countElements(wire: WireType): number {
    if (this.wire !== WireType.LengthDelimited) {
      this.expect(wire);
      this.isRead = false;
      return 1;
    }
    const packed = this.view();
    if (wire !== WireType.Varint) {
      return Math.floor(packed.length / (wire === WireType.Bit32 ? 4 : 8));
    }
    let count = 0;
    for (const byte of packed) if (byte < 0x80) count++;
    return count;
  }

  private expect(wire: WireType): void {
    this.isRead = true;
    if (this.wire !== wire) {
      corrupt(
        `The ONNX file is damaged: field ${this.field} of ${this.what} has the wire type ` +
          `${this.wire}, not ${wire}.`,
        AGAIN,
      );
    }
  }

  private spend(cost: number): void {
    this.budget.left -= cost;
    if (this.budget.left < 0) {
      fail({
        code: 'too-large',
        found: 'The ONNX file holds more nodes, names and attributes than any model needs.',
      });
    }
  }

  private guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof BinarynetError) throw error;
      return corrupt(`The ONNX file is truncated or damaged, in ${this.what}.`, AGAIN);
    }
  }
}

function saturate(value: bigint | string): number {
  const limit = Number.MAX_SAFE_INTEGER;
  return Math.min(limit, Math.max(-limit, Number(value)));
}
