/* image.d.ts: the types of image.js. Written by binarynet 0.1.0; do not edit. */

/** Bytes, or where to read them. */
export type Source = ArrayBuffer | ArrayBufferView | URL | string;

/** The arrays that run() takes, in order. */
export declare const inputs: readonly [
  { readonly name: 'input'; readonly dtype: 'f32'; readonly shape: readonly [1, 8, 8, 3]; readonly length: 192 },
];

/** The arrays that run() gives. */
export declare const outputs: readonly [
  { readonly name: 'output'; readonly dtype: 'f32'; readonly shape: readonly [1, 3]; readonly length: 3 },
];

export interface Network {
  /**
   * Runs the network once (55,308 multiply-adds).
   * @param input 192 numbers, 8x8x3
   * @returns 3; new array with every call
   */
  run(input: Float32Array): Float32Array;
  readonly inputs: typeof inputs;
  readonly outputs: typeof outputs;
}

/** Loads image.wasm and image.weights from beside this module, or from where the options say. */
export declare function load(options?: {
  /** Also a WebAssembly.Module, which not every type library knows by name. */
  wasm?: Source | object;
  weights?: Source;
}): Promise<Network>;
