/**
 * Reads little-endian numbers from bytes that can't be trusted: every access is checked, and a file
 * that ends too early is a `corrupt` problem instead of an exception of the engine.
 */
import { fail } from '../errors.ts';

/** Throws `corrupt` with a sentence about what was found. */
export function corrupt(found: string, fix?: string): never {
  fail(fix === undefined ? { code: 'corrupt', found } : { code: 'corrupt', found, fix });
}

export class ByteReader {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  /** What is being read, for messages: "HDF5 file", "zip archive". */
  private readonly what: string;
  position: number;

  constructor(bytes: Uint8Array, what: string, position = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.what = what;
    this.position = position;
  }

  /** A second reader over the same bytes. */
  at(position: number): ByteReader {
    return new ByteReader(this.bytes, this.what, position);
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** Sizes and addresses above 2^53 can't be real; they are refused. */
  u64(): number {
    const low = this.u32();
    const high = this.u32();
    if (high >= 0x200000) corrupt(`The ${this.what} holds a size or an address beyond its end.`);
    return high * 0x100000000 + low;
  }

  /** A view of the next `count` bytes. */
  take(count: number): Uint8Array {
    const start = this.advance(count);
    return this.bytes.subarray(start, start + count);
  }

  skip(count: number): void {
    this.advance(count);
  }

  /** Moves on to the next multiple of `size`, counted from `origin`. */
  align(size: number, origin: number): void {
    const over = (this.position - origin) % size;
    if (over !== 0) this.advance(size - over);
  }

  ascii(count: number): string {
    return String.fromCharCode(...this.take(count));
  }

  expectSignature(signature: string, structure: string): void {
    if (this.ascii(signature.length) !== signature) {
      corrupt(`The ${this.what} is damaged: the ${structure} does not start with "${signature}".`);
    }
  }

  private advance(count: number): number {
    const start = this.position;
    if (start < 0 || count < 0 || start + count > this.bytes.length) {
      corrupt(`The ${this.what} ends too early or points beyond its end.`);
    }
    this.position = start + count;
    return start;
  }
}

/** Product of sizes; throws `too-large` beyond `limit`, and `corrupt` for what is no size. */
export function checkedCount(shape: readonly number[], limit: number, what: string): number {
  let product = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      corrupt(`${what} has the impossible size ${size}.`);
    product *= size;
  }
  // Infinity and rounding above 2^53 only make the product larger.
  if (product > limit) {
    fail({
      code: 'too-large',
      found: `${what} has ${product} elements ([${shape.join(', ')}]), more than ${limit}.`,
    });
  }
  return product;
}

export const UTF8 = new TextDecoder('utf-8', { fatal: false });
