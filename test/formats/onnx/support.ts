/** ONNX files for tests: the recorded ones, and messages written field by field. */
import { readFileSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { BinarynetError, type Problem } from '../../../src/errors.ts';

const FOLDER = new URL('../../fixtures/onnx-format/', import.meta.url);

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

export function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

/** A field: bytes and text are length-delimited, a number is a varint, a function writes itself. */
export type Field = readonly [number, Uint8Array | string | number | ((to: BinaryWriter) => void)];

/** The bytes of a message. */
export function message(...fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === 'function') value(writer);
    else if (typeof value === 'number') writer.tag(number, WireType.Varint).int64(value);
    else if (typeof value === 'string') writer.tag(number, WireType.LengthDelimited).string(value);
    else writer.tag(number, WireType.LengthDelimited).bytes(value);
  }
  return writer.finish();
}

/** A model of IR version 9 around the bytes of a graph. */
export function modelOf(graph: Uint8Array): Uint8Array {
  return message([1, 9], [7, graph], [8, message([2, 17])]);
}

/** The problem that `action` throws; anything but a BinarynetError is a defect. */
export function problemOf(action: () => unknown): Problem {
  try {
    action();
  } catch (error) {
    if (error instanceof BinarynetError && error.problems[0]) return error.problems[0];
    throw error;
  }
  throw new Error('expected a BinarynetError');
}
