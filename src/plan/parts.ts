/**
 * Which kernels can do a part of their work per call, and which calls are worth it. The last
 * argument of those kernels is `struct bn_part part`; parts 0 to n - 1 together write what the whole
 * writes. A test holds the names against the kernels' sources.
 *
 * Threads that meet before and after a layer lose some microseconds, so a layer is split where it
 * takes longer than that by far. How long is estimated for a fast core: on a slow one all is longer,
 * threads meet slowly too, and the answer stays.
 */
import { ARENA_ALIGNMENT } from './arena.ts';
import type { Argument, ShapeField } from './program.ts';
import type { Target } from './targets.ts';

const SPLITTING = /^(conv2d|dense|depthwise_conv2d|max_pool2d|average_pool2d)_(?!i32|transpose)/;

/** Of a kernel by its name, with or without the folder. */
export function takesPart(kernel: string): boolean {
  return SPLITTING.test(kernel);
}

const SPLIT_FROM = 20_000;

/** Multiply-adds per nanosecond; the first that fits. */
const SPEEDS: readonly (readonly [kernel: RegExp, perNanosecond: number])[] = [
  [/^max_pool2d_b1_/, 25],
  [/_pool2d_/, 8],
  [/^depthwise_conv2d_b1_b1_/, 2],
  [/^depthwise_conv2d_/, 5],
  [/^(conv2d|conv2d_add|dense)_b1_b1_\w+__scalar/, 50],
  [/^(conv2d|conv2d_add|dense)_b1_b1_/, 300],
  [/^(conv2d|dense)_[iu]8_/, 60],
  [/./, 25],
];
const WEIGHT_BYTES_PER_NANOSECOND = 10;

export interface SizedCall {
  readonly kernel: string;
  readonly macs: number;
  readonly shape: Readonly<Record<string, ShapeField>>;
}

/** Whether a call that reads so many bytes of weights gains by being split among threads. */
export function isWorthSplitting(
  call: SizedCall,
  weightBytes: number,
  { splitFrom = SPLIT_FROM }: Pick<Target, 'splitFrom'>,
): boolean {
  if (!takesPart(call.kernel)) return false;
  const [, speed] = SPEEDS.find(([kernel]) => kernel.test(call.kernel)) as readonly [
    RegExp,
    number,
  ];
  const computing = operations(call) / speed;
  return Math.max(computing, weightBytes / WEIGHT_BYTES_PER_NANOSECOND) >= splitFrom;
}

/** Pools have no multiply-adds to speak of: a tap of a channel is as good as one. */
function operations({ kernel, macs, shape }: SizedCall): number {
  if (!/_pool2d_/.test(kernel)) return macs;
  const factors = ['batch', 'out_height', 'out_width', 'channels', 'kernel_height', 'kernel_width'];
  return factors.reduce((product, field) => product * (shape[field] as number), 1);
}

/** Where the scratch tensors of a call lie, by their ids, when a part has memory of its own. */
export function scratchOffsets(
  { args }: { readonly args: readonly Argument[] },
  tensors: readonly { readonly bytes: number }[],
): { readonly offsets: ReadonlyMap<number, number>; readonly end: number } {
  const offsets = new Map<number, number>();
  let end = 0;
  for (const arg of args) {
    if (arg.kind !== 'buffer' || arg.access !== 'scratch') continue;
    offsets.set(arg.buffer, end);
    const bytes = tensors[arg.buffer]?.bytes ?? 0;
    end += Math.ceil(bytes / ARENA_ALIGNMENT) * ARENA_ALIGNMENT;
  }
  return { offsets, end };
}
