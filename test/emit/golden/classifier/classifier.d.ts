/* classifier.d.ts: the types of classifier.js. Written by binarynet 0.1.0; do not edit. */

/** Bytes, or where to read them. */
export type Source = ArrayBuffer | ArrayBufferView | URL | string;

/** The arrays that run() takes, in order. */
export declare const inputs: readonly [
  { readonly name: 'input'; readonly dtype: 'u8'; readonly shape: readonly [1, 6, 6, 3]; readonly length: 108 },
];

/** The arrays that run() gives. */
export declare const outputs: readonly [
  { readonly name: 'scores'; readonly dtype: 'f32'; readonly shape: readonly [1, 4]; readonly length: 4 },
  { readonly name: 'label'; readonly dtype: 'i32'; readonly shape: readonly [1]; readonly length: 1 },
  { readonly name: 'mask'; readonly dtype: 'bool'; readonly shape: readonly [1, 4]; readonly length: 4 },
];

export interface Network {
  /**
   * Runs the network once (18,144 multiply-adds).
   * @param input 108 numbers, 6x6x3
   * @returns 4; 1; 4; new arrays with every call
   */
  run(input: Uint8Array): { scores: Float32Array; label: Int32Array; mask: Uint8Array };
  readonly inputs: typeof inputs;
  readonly outputs: typeof outputs;
}

/** Loads classifier.wasm and classifier.weights from beside this module, or from where the options say. */
export declare function load(options?: {
  /** Also a WebAssembly.Module, which not every type library knows by name. */
  wasm?: Source | object;
  weights?: Source;
}): Promise<Network>;
