/**
 * Walks the fields of one protobuf message that can't be trusted. The decoding itself is the
 * library's; here its exceptions become `corrupt` problems, wire types are checked against what the
 * field should hold, and a budget bounds what a small file can make us allocate.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { BinarynetError, fail } from '../../errors.ts';
import { corrupt } from '../bytes.ts';

/** Largest number of messages, strings and numbers (weighed by their memory) of one file. */
const BUDGET = 2 ** 22;
const COST = { message: 8, text: 1, number: 1 };
/** Graphs may lie in attributes of nodes of graphs; real models nest three deep. */
const MAX_DEPTH = 32;

const AGAIN = 'Copy or download the file again, or export the model anew.';

/** One pass over a file: the place in it, and what reading it may still allocate. */
interface Pass {
  readonly reader: BinaryReader;
  readonly bytes: Uint8Array;
  budget: number;
}

/** The message that is the whole file; `what` names it in problems: "the model". */
export function openMessage(file: Uint8Array, what: string): Message {
  // A Node Buffer would hand out views where a Uint8Array copies.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const pass = { reader: new BinaryReader(bytes), bytes, budget: BUDGET };
  return new Message(pass, bytes.length, what, 0);
}

/**
 * A cursor over the fields of a message: `next()`, then at most one read of the field it stands on.
 * All messages of a file share one reader, so an inner one is read to its end before the outer one
 * goes on.
 */
export class Message {
  /** The number of the current field. */
  field = 0;
  private readonly pass: Pass;
  private readonly reader: BinaryReader;
  private readonly start: number;
  private readonly end: number;
  private readonly what: string;
  private readonly depth: number;
  private wire: WireType = WireType.Varint;
  private isRead = true;

  constructor(pass: Pass, end: number, what: string, depth: number) {
    this.pass = pass;
    this.reader = pass.reader;
    this.start = pass.reader.pos;
    this.end = end;
    this.what = what;
    this.depth = depth;
  }

  /** The bytes of the message itself. */
  get bytes(): Uint8Array {
    return this.pass.bytes.subarray(this.start, this.end);
  }

  /** Moves on to the next field, over the rest of the current one; false at the end. */
  next(): boolean {
    return this.guard(() => {
      if (!this.isRead) this.reader.skip(this.wire, this.field);
      if (this.reader.pos > this.end) return this.damaged();
      if (this.reader.pos === this.end) return false;
      [this.field, this.wire] = this.reader.tag();
      this.isRead = false;
      return true;
    });
  }

  /** A message in the field. */
  message(what: string): Message {
    this.spend(COST.message);
    return new Message(this.pass, this.enter(), what, this.depth);
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
    return new Message(this.pass, this.enter(), what, this.depth + 1);
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

  /**
   * Hands a reader to `take` once per element of a repeated field, packed or not. `cost` is 0 where
   * the caller has bounded their number.
   */
  elements(wire: WireType, take: (reader: BinaryReader) => void, cost = COST.number): void {
    if (this.wire !== WireType.LengthDelimited) {
      this.expect(wire);
      this.spend(cost);
      this.guard(() => take(this.reader));
      return;
    }
    const end = this.enter();
    this.guard(() => {
      while (this.reader.pos < end) {
        this.spend(cost);
        take(this.reader);
      }
      if (this.reader.pos > end) this.damaged();
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

  /** Steps into a length-delimited field; gives its end. */
  private enter(): number {
    this.expect(WireType.LengthDelimited);
    const length = this.guard(() => this.reader.uint32());
    const end = this.reader.pos + length;
    return end > this.end ? this.damaged() : end;
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
    this.pass.budget -= cost;
    if (this.pass.budget < 0) {
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
      return this.damaged();
    }
  }

  private damaged(): never {
    return corrupt(`The ONNX file is truncated or damaged, in ${this.what}.`, AGAIN);
  }
}

function saturate(value: bigint | string): number {
  const limit = Number.MAX_SAFE_INTEGER;
  return Math.min(limit, Math.max(-limit, Number(value)));
}
