/** Values that an ONNX model keeps in other files of its folder. */
import { BinarynetError, fail } from '../../errors.ts';
import { corrupt } from '../bytes.ts';
import { nameOf, storedSize } from './tensor-data.ts';
import type { OnnxTensor } from './types.ts';

/**
 * The files that the tensors lie in by their path, each read once. `read` is given paths that
 * `externalPath` accepted.
 */
export async function readExternalFiles(
  tensors: readonly OnnxTensor[],
  read: (path: string) => Promise<Uint8Array>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of tensors) {
    if (!tensor.external) continue;
    const path = externalPath(tensor);
    if (files.has(path)) continue;
    files.set(path, await read(path).catch((error) => missing(tensor, path, error)));
  }
  return files;
}

/** The path of the tensor's file, from the model's folder, which it doesn't leave. */
export function externalPath(tensor: OnnxTensor): string {
  const path = tensor.external?.location ?? '';
  if (path === '') {
    corrupt(
      `${nameOf(tensor)} lies in an external file, and the model does not name it.`,
      'Export the model anew, with its weights in one file.',
    );
  }
  const leaves =
    /^[a-z][a-z0-9+.-]*:/i.test(path) ||
    path.startsWith('/') ||
    /[\\\0]/.test(path) ||
    path.split('/').includes('..');
  if (!leaves) return path;
  return corrupt(
    `${nameOf(tensor)} lies in ${JSON.stringify(path.slice(0, 120))}, a path that leaves the ` +
      "model's folder.",
    'Keep the model and its weight files in one folder, and name them without a folder.',
  );
}

/** The tensor's part of its file; throws when the file is too short for it. */
export function externalBytes(tensor: OnnxTensor, file: Uint8Array): Uint8Array {
  const { offset, length, location } = tensor.external ?? { offset: 0, location: '' };
  const needed = storedSize(tensor);
  const size = length ?? needed;
  if (size !== needed) {
    corrupt(
      `${nameOf(tensor)} has ${size} bytes in ${JSON.stringify(location.slice(0, 120))}, where ` +
        `${tensor.elementType} of the shape [${tensor.dims.join(', ')}] needs ${needed}.`,
      'Copy or download the model again, or export it anew.',
    );
  }
  if (offset + size > file.length) {
    corrupt(
      `${nameOf(tensor)} ends at byte ${offset + size} of ` +
        `${JSON.stringify(location.slice(0, 120))}, which has ${file.length}.`,
      'Copy or download the weight file again.',
    );
  }
  return new Uint8Array(file.buffer, file.byteOffset + offset, size);
}

/** Names the tensor and the file; who knows the model's name adds it. */
function missing(tensor: OnnxTensor, path: string, error: unknown): never {
  const problem = error instanceof BinarynetError ? error.problems[0] : undefined;
  if (problem?.code !== 'not-found') throw error;
  fail({
    code: 'not-found',
    found:
      `${nameOf(tensor)} lies in the file ${JSON.stringify(path.slice(0, 120))} beside the ` +
      `model, which can't be read: ${problem.found}.`,
    fix: 'Put the weight file beside the model, under that name.',
  });
}
