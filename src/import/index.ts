/**
 * Reads a model of any supported format, which may be gzipped. The format is told from the content,
 * not the name.
 */
import { fail, withFile } from '../errors.ts';
import { gunzip, isGzip } from '../formats/gzip.ts';
import { isHdf5 } from '../formats/hdf5/file.ts';
import { looksLikeOnnx } from '../formats/onnx/model.ts';
import { isZip } from '../formats/zip.ts';
import type { Graph } from '../ir/graph.ts';
import { importH5 } from './keras/h5-model.ts';
import type { InputShapes } from './keras/inputs.ts';
import { importKerasArchive } from './keras/v3-model.ts';
import { importOnnx } from './onnx/model.ts';
import type { ModelSource } from './source.ts';
import { importTfjs } from './tfjs/model.ts';

export interface ImportOptions {
  /** Full shapes (with a batch of 1) for inputs whose sizes the model leaves open, by name. */
  readonly shapes?: InputShapes;
}

/** Throws a `BinarynetError`, which names all layers that can't be exported at once. */
export function importModel(source: ModelSource, options: ImportOptions = {}): Promise<Graph> {
  return withFile(source.name, async () => {
    const { name, bytes, sibling } = unpacked(source);
    const model = modelName(name);
    if (isHdf5(bytes)) return importH5(bytes, model, options.shapes);
    if (isZip(bytes)) return importKerasArchive(bytes, model, options.shapes);
    const plain = { name: source.name, bytes, sibling };
    if (startsWithBrace(bytes)) return importTfjs(plain, model, options.shapes);
    if (looksLikeOnnx(bytes)) return importOnnx(plain, model, options.shapes);
    return refuse(name, bytes);
  });
}

/** The source with the content of a gzip file in place of the file, and the name that it has. */
function unpacked(source: ModelSource): ModelSource {
  // A Node Buffer would hand out views where a Uint8Array copies.
  const { buffer, byteOffset, byteLength } = source.bytes;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const sibling = (path: string) => source.sibling(path);
  if (!isGzip(bytes)) return { name: source.name, bytes, sibling };
  return { name: source.name.replace(/\.gz$/i, ''), bytes: gunzip(bytes), sibling };
}

/** The file's base name without its extension. */
function modelName(path: string): string {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base || 'model';
}

/** JSON, after white space and a byte order mark. */
function startsWithBrace(bytes: Uint8Array): boolean {
  const skipped = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
  const first = bytes.subarray(0, 64).find((byte) => !skipped.has(byte));
  return first === 0x7b;
}

const READ = 'ONNX files, Keras .h5 and .keras files and TensorFlow.js model.json are read.';

function refuse(name: string, bytes: Uint8Array): never {
  if (bytes.length > 0 && startsLikeOnnx(name, bytes)) {
    fail({
      code: 'unknown-format',
      found: 'It is no ONNX model, or only the beginning of one.',
      fix: 'Copy or download the file again, or export the model anew.',
    });
  }
  const other = recognise(name, bytes);
  if (other) {
    fail({
      code: 'unknown-format',
      found: `It is ${other.what}, which is not read yet.`,
      fix: other.fix,
    });
  }
  fail({
    code: 'unknown-format',
    found: bytes.length === 0 ? 'The file is empty.' : 'It is no model in a known format.',
    fix: READ,
  });
}

/** Both are protobufs: field 1 of a SavedModel is its version 1, of ONNX its version 3 or more. */
function startsLikeOnnx(name: string, bytes: Uint8Array): boolean {
  return name.endsWith('.onnx') || (bytes[0] === 0x08 && (bytes[1] ?? 0) >= 3 && bytes[2] === 0x12);
}

const SAVE_AS_KERAS = 'Load it in Keras and save it with model.save("model.keras").';

function recognise(name: string, bytes: Uint8Array): { what: string; fix: string } | undefined {
  const signature = String.fromCharCode(...bytes.subarray(4, 8));
  const fix = `Export the model it was made from instead: ${READ}`;
  if (signature === 'TFL3' || name.endsWith('.tflite')) return { what: 'a TFLite model', fix };
  const isVersioned = bytes[0] === 0x08 && bytes[2] === 0x12;
  if (name.endsWith('.pb') || (isVersioned && bytes[1] === 1)) {
    return { what: 'a TensorFlow SavedModel', fix: SAVE_AS_KERAS };
  }
  return undefined;
}
