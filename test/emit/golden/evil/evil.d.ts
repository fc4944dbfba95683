/* evil.d.ts: the types of evil.js. Written by binarynet 0.1.0; do not edit. */

/** Bytes, or where to read them. */
export type Source = ArrayBuffer | ArrayBufferView | URL | string;

/** The arrays that run() takes, in order. */
export declare const inputs: readonly [
  { readonly name: 'system_x'; readonly dtype: 'f32'; readonly shape: readonly [1, 4]; readonly length: 4 },
  { readonly name: 'evil'; readonly dtype: 'f32'; readonly shape: readonly [1, 4]; readonly length: 4 },
];

/** The arrays that run() gives. */
export declare const outputs: readonly [
  { readonly name: 'if_0'; readonly dtype: 'f32'; readonly shape: readonly [1, 4]; readonly length: 4 },
  { readonly name: 'system_x_2'; readonly dtype: 'f32'; readonly shape: readonly [1, 2]; readonly length: 2 },
];

export interface Network {
  /**
   * Runs the network once (8 multiply-adds).
   * @param system_x 4 numbers, 4
   * @param evil 4 numbers, 4
   * @returns 4; 2; new arrays with every call
   */
  run(system_x: Float32Array, evil: Float32Array): { if_0: Float32Array; system_x_2: Float32Array };
  readonly inputs: typeof inputs;
  readonly outputs: typeof outputs;
}

/** Loads evil.wasm and evil.weights from beside this module, or from where the options say. */
export declare function load(options?: {
  /** Also a WebAssembly.Module, which not every type library knows by name. */
  wasm?: Source | object;
  weights?: Source;
}): Promise<Network>;
