/**
 * What the page and the worker that trains say to each other: the page calls, the worker answers,
 * and tells of its own accord what happens (`Happening`). Only plain values cross.
 */
import type { Problem } from '../../src/errors.ts';

/** What the page can ask for. */
export interface Calls {
  /** Starts a back end, the named one or the best, and makes an untrained network. */
  readonly open: (wanted: string | null) => Backend;
  /** Reads MNIST's four files from a folder of the server that the page came from. */
  readonly fetchData: (folder: string) => void;
  /** Reads some of them from the user's disk; those read before stay. */
  readonly readFiles: (files: readonly File[]) => void;
  /** Starts or goes on. */
  readonly start: (epochs: number) => void;
  readonly pause: () => void;
  /** Forgets what was learned. */
  readonly reset: () => void;
  /** The ten scores of an image of `SIDE` × `SIDE` pixels, 0 to 255. */
  readonly classify: (pixels: Uint8Array) => number[];
  /** One of the digits that are not trained on. */
  readonly heldOutDigit: (place: number) => LabelledDigit;
  readonly exportC: (options: ExportOptions) => Exported;
}

/** MNIST's images are so many pixels high and wide. */
export const SIDE = 28;

export interface Backend {
  readonly name: 'webgpu' | 'wasm';
  /** Which GPU, or whether there is SIMD. */
  readonly detail: string;
  /** Why it is not a faster one; absent when it is the one that was wanted. */
  readonly reason?: string;
}

/** MNIST's files by what they hold. */
export const ROLES = [
  { part: 'training', kind: 'images', file: 'train-images-idx3-ubyte.gz' },
  { part: 'training', kind: 'labels', file: 'train-labels-idx1-ubyte.gz' },
  { part: 'heldOut', kind: 'images', file: 't10k-images-idx3-ubyte.gz' },
  { part: 'heldOut', kind: 'labels', file: 't10k-labels-idx1-ubyte.gz' },
] as const;
export type Role = (typeof ROLES)[number];

export interface DataState {
  /** The files of `ROLES` that are still to come. */
  readonly missing: readonly string[];
  /** How many digits there are; 0 until all files are there. */
  readonly training: number;
  readonly heldOut: number;
}

export interface LabelledDigit {
  readonly pixels: Uint8Array;
  readonly label: number;
}

export interface ExportOptions {
  /** The name of one of `TARGETS`. */
  readonly target: string;
  readonly weights: 'file' | 'embed';
}

export interface Exported {
  readonly zip: Uint8Array<ArrayBuffer>;
  readonly zipName: string;
  readonly files: readonly string[];
  readonly weightsBytes: number;
  readonly arenaBytes: number;
}

/** The signs of a layer's kernels: [filter, row, column], 1 for −1 as everywhere in binarynet. */
export interface Filters {
  readonly count: number;
  readonly side: number;
  readonly bits: Uint8Array;
}

export interface Point {
  /** Images trained on so far. */
  readonly images: number;
  readonly value: number;
}

export interface Progress {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Of all epochs: how far it is, and how far it goes. */
  readonly images: number;
  readonly allImages: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
  /** Of each step since the last report. */
  readonly losses: readonly Point[];
}

/** What the worker tells without being asked. */
export type Happening =
  | { readonly kind: 'reading'; readonly file: string }
  | { readonly kind: 'data'; readonly data: DataState }
  | { readonly kind: 'state'; readonly state: State }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'accuracy'; readonly point: Point; readonly of: number }
  | { readonly kind: 'filters'; readonly filters: Filters }
  | { readonly kind: 'failed'; readonly problems: readonly Problem[] };

export type State = 'idle' | 'training' | 'paused' | 'done';

/** How a call crosses, and how its answer does. */
export interface Call<K extends keyof Calls = keyof Calls> {
  readonly id: number;
  readonly name: K;
  readonly args: Parameters<Calls[K]>;
}
export type Answer =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly problems: readonly Problem[] };
