/**
 * The memory plan: which tensors share memory, and where in the arena each one lies.
 *
 * 1. In place: where a kernel may overwrite an operand and nobody reads that operand later, output
 *    and operand become one storage.
 * 2. Offsets: storages are placed from the largest to the smallest, each in the smallest gap between
 *    those that are alive at the same time (best fit), else above them.
 *
 * Invariant: storages whose lifetimes meet don't overlap. Lifetimes are inclusive ranges of calls.
 */

/** A tensor to be placed, by the calls that touch it. */
export interface ArenaTensor {
  readonly id: number;
  readonly bytes: number;
  /** First and last call that touches it. */
  readonly live: readonly [number, number];
}

/** A call that writes `output` and may do so over one of `operands`. */
export interface InPlaceCandidate {
  readonly call: number;
  readonly output: number;
  readonly operands: readonly number[];
}

export interface ArenaPlan {
  /** Byte offset of each tensor. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

export const ARENA_ALIGNMENT = 16;

export function planArena(
  tensors: readonly ArenaTensor[],
  candidates: readonly InPlaceCandidate[],
): ArenaPlan {
  const storages = mergeInPlace(tensors, candidates);
  const placed: Placed[] = [];
  const bySize = [...storages].sort((a, b) => b.bytes - a.bytes || a.live[0] - b.live[0]);
  for (const storage of bySize) {
    const offset = bestFit(
      storage.bytes,
      placed.filter((other) => meets(storage.live, other.storage.live)),
    );
    placed.push({ storage, offset, end: offset + storage.bytes });
  }
  const offsets = new Map(
    placed.flatMap(({ storage, offset }) => storage.tensors.map((id) => [id, offset] as const)),
  );
  return { offsets, bytes: placed.reduce((top, { end }) => Math.max(top, end), 0) };
}

/** Memory for one tensor, or for several that overwrite each other in turn; it grows with them. */
interface Storage {
  readonly tensors: number[];
  readonly bytes: number;
  readonly live: [number, number];
}

interface Placed {
  readonly storage: Storage;
  readonly offset: number;
  readonly end: number;
}

function mergeInPlace(
  tensors: readonly ArenaTensor[],
  candidates: readonly InPlaceCandidate[],
): Set<Storage> {
  const storageOf = new Map<number, Storage>();
  for (const { id, bytes, live } of tensors) {
    storageOf.set(id, { tensors: [id], bytes: aligned(bytes), live: [...live] });
  }
  for (const { call, output, operands } of candidates) {
    const result = storageOf.get(output);
    const operand = operands
      .map((id) => storageOf.get(id))
      .find((storage) => result && storage?.live[1] === call && storage.bytes >= result.bytes);
    if (!result || !operand || result === operand) continue;
    operand.tensors.push(...result.tensors);
    operand.live[1] = result.live[1];
    for (const id of result.tensors) storageOf.set(id, operand);
  }
  return new Set(storageOf.values());
}

/** The offset of the smallest gap that `bytes` fit in, else the end of the last neighbour. */
function bestFit(bytes: number, neighbours: readonly Placed[]): number {
  let best: { offset: number; gap: number } | undefined;
  let top = 0;
  for (const { offset, end } of [...neighbours].sort((a, b) => a.offset - b.offset)) {
    const gap = offset - top;
    if (gap >= bytes && (!best || gap < best.gap)) best = { offset: top, gap };
    top = Math.max(top, end);
  }
  return best?.offset ?? top;
}

function meets(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] <= b[1] && b[0] <= a[1];
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ARENA_ALIGNMENT) * ARENA_ALIGNMENT;
}
