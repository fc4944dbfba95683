/** What Larq and TensorFlow compute for the parts of binarynet/bnn: scripts/fixtures/record-bnn.py. */
import { readFileSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Numbers, nested as a tensor is. */
export type Nested = number | Nested[];

interface WithGradients {
  readonly y: Nested;
  readonly dy: Nested;
  readonly gradients: readonly Nested[];
}

interface Recorded {
  readonly quantizers: readonly (WithGradients & {
    readonly name: string;
    readonly config: never;
    readonly x: Nested;
  })[];
  readonly layers: readonly (WithGradients & {
    readonly className: 'QuantConv2D' | 'QuantDense' | 'QuantDepthwiseConv2D';
    readonly config: Readonly<Record<string, unknown>>;
    readonly x: Nested;
    readonly weights: readonly Nested[];
    readonly names: readonly string[];
  })[];
  readonly batchNorms: readonly {
    readonly shape: readonly number[];
    readonly config: Readonly<Record<string, number | boolean>>;
    readonly names: readonly string[];
    readonly start: readonly Nested[];
    readonly steps: readonly (WithGradients & {
      readonly training: boolean;
      readonly x: Nested;
      readonly weights: readonly Nested[];
    })[];
  }[];
  readonly optimizers: readonly {
    readonly name: string;
    readonly options: Readonly<Record<string, number>>;
    readonly start: Nested;
    readonly gradients: readonly Nested[];
    readonly weights: readonly Nested[];
  }[];
  readonly losses: readonly {
    readonly name: string;
    readonly labels: Nested;
    readonly logits: Nested;
    readonly teacher: Nested;
    readonly loss: number;
    readonly gradient: Nested;
  }[];
}

export const RECORDED = JSON.parse(
  readFileSync(new URL('../fixtures/bnn.json', import.meta.url), 'utf8'),
) as Recorded;

/** Holds a tensor's elements to recorded ones, within some units of the largest's last place. */
export function expectSame(found: tf.Tensor, recorded: Nested, units = 8): void {
  const expected = flat(recorded);
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
  const data = found.dataSync();
  expect(data.length).toBe(expected.length);
  const off = expected.map((x, i) => Math.abs(x - (data[i] as number)));
  expect(Math.max(...off) / largest).toBeLessThanOrEqual(units * 2 ** -23);
}

export function flat(nested: Nested): number[] {
  return typeof nested === 'number' ? [nested] : nested.flatMap(flat);
}
