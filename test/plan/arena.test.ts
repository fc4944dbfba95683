import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ARENA_ALIGNMENT,
  type ArenaTensor,
  type InPlaceCandidate,
  planArena,
} from '../../src/plan/arena.ts';

const live = fc
  .tuple(fc.nat(20), fc.nat(6))
  .map(([first, length]): [number, number] => [first, first + length]);

const tensors = fc
  .array(fc.record({ bytes: fc.integer({ min: 1, max: 500 }), live }), { maxLength: 25 })
  .map((list) => list.map((tensor, id): ArenaTensor => ({ id, ...tensor })));

/** In each call, the first tensor that begins there may overwrite any one that began before. */
function allCandidates(list: readonly ArenaTensor[]): InPlaceCandidate[] {
  const calls = [...new Set(list.map((tensor) => tensor.live[0]))];
  return calls.map((call) => ({
    call,
    output: (list.find((tensor) => tensor.live[0] === call) as ArenaTensor).id,
    operands: list.filter((tensor) => tensor.live[0] < call).map(({ id }) => id),
  }));
}

function overlap(a: number, aBytes: number, b: number, bBytes: number): boolean {
  return a < b + bBytes && b < a + aBytes;
}

describe('planArena', () => {
  test('tensors that live at the same time never overlap', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const { offsets, bytes } = planArena(list, []);
        for (const a of list) {
          const offset = offsets.get(a.id) as number;
          expect(offset % ARENA_ALIGNMENT).toBe(0);
          expect(offset + a.bytes).toBeLessThanOrEqual(bytes);
          for (const b of list) {
            const meet = a.live[0] <= b.live[1] && b.live[0] <= a.live[1];
            if (a === b || !meet) continue;
            expect(overlap(offset, a.bytes, offsets.get(b.id) as number, b.bytes)).toBe(false);
          }
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('with operations in place, tensors overlap in the call that replaces one at most', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const { offsets } = planArena(list, allCandidates(list));
        for (const a of list) {
          for (const b of list) {
            if (a.id >= b.id) continue;
            const at = [offsets.get(a.id), offsets.get(b.id)] as [number, number];
            if (!overlap(at[0], a.bytes, at[1], b.bytes)) continue;
            const [first, second] = a.live[0] <= b.live[0] ? [a, b] : [b, a];
            expect(second.live[0]).toBeGreaterThanOrEqual(first.live[1]);
            if (second.live[0] === first.live[1]) expect(at[0]).toBe(at[1]);
          }
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('it needs at least the peak, at most the sum', () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const { bytes } = planArena(list, []);
        const aligned = (tensor: ArenaTensor) => Math.ceil(tensor.bytes / 16) * 16;
        const sum = list.reduce((total, tensor) => total + aligned(tensor), 0);
        const peak = Math.max(
          0,
          ...Array.from({ length: 30 }, (_, call) =>
            list
              .filter((tensor) => tensor.live[0] <= call && call <= tensor.live[1])
              .reduce((total, tensor) => total + aligned(tensor), 0),
          ),
        );
        expect(bytes).toBeGreaterThanOrEqual(peak);
        expect(bytes).toBeLessThanOrEqual(sum);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('a chain takes the two largest neighbours', () => {
    const chain = [100, 400, 200, 300].map((bytes, id) => ({
      id,
      bytes,
      live: [id, id + 1] as [number, number],
    }));
    expect(planArena(chain, []).bytes).toBe(608);
  });

  test('in place, a chain of equal sizes takes one', () => {
    const chain = [0, 1, 2].map((id) => ({
      id,
      bytes: 64,
      live: [id, id + 1] as [number, number],
    }));
    const candidates = [1, 2].map((id) => ({ call: id, output: id, operands: [id - 1] }));
    expect(planArena(chain, candidates).bytes).toBe(64);
  });

  test('nothing is overwritten while it is read later, or when it is too small', () => {
    const first = { id: 0, bytes: 64, live: [0, 2] as [number, number] };
    const small = { id: 1, bytes: 16, live: [0, 1] as [number, number] };
    const result = { id: 2, bytes: 64, live: [1, 2] as [number, number] };
    const candidates = [{ call: 1, output: 2, operands: [0, 1] }];
    const { offsets } = planArena([first, small, result], candidates);
    expect(new Set(offsets.values()).size).toBe(3);
  });

  test('the smallest gap that fits is taken', () => {
    const always: [number, number] = [0, 9];
    const plan = planArena(
      [
        { id: 0, bytes: 160, live: [0, 0] },
        { id: 1, bytes: 128, live: always },
        { id: 2, bytes: 96, live: [0, 0] },
        { id: 3, bytes: 80, live: always },
        { id: 4, bytes: 64, live: [5, 5] },
      ],
      [],
    );
    expect(plan.offsets.get(4)).toBe(288);
  });
});
