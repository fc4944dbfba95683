/**
 * An ONNX file as plain objects. Nothing is interpreted: names may be missing or point nowhere,
 * nodes may lie in any order, and no operator is known here.
 */

/** Element types by their number in the file; a hole is a number that ONNX doesn't use. */
export const ONNX_TYPES = [
  undefined,
  'float',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'double',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
  'float6e2m3',
  'float6e3m2',
] as const;

/** `unknown` is a number beyond the table; such a tensor is refused when its values are asked for. */
export type OnnxType = NonNullable<(typeof ONNX_TYPES)[number]> | 'unknown';

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version by domain; that of the standard operators is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** Names of initializers in sparse form, whose values are not read. */
  readonly sparseInitializers: readonly string[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly valueInfo: readonly OnnxValueInfo[];
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** '' for the standard operators. */
  readonly domain: string;
  /** '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Which of several functions of one name is called. */
  readonly overload?: string;
}

/** A node's body in terms of other operators. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a call must give; `defaults` holds those that it may. */
  readonly attributes: readonly string[];
  readonly defaults: ReadonlyMap<string, OnnxAttribute>;
  readonly nodes: readonly OnnxNode[];
  readonly opsets: ReadonlyMap<string, number>;
}

/**
 * Integers outside ±(2^53 - 1) are the nearest inside. `other` is nothing a known operator has, or
 * in a function's body a `reference`: the name of the call's attribute that gives the value.
 */
export type OnnxAttribute = { readonly reference?: string } & (
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph }
  | { readonly kind: 'floats'; readonly values: readonly number[] }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'other' }
);

export interface OnnxValueInfo {
  readonly name: string;
  /** A sequence, a map, an optional or a sparse tensor is `other`. */
  readonly kind: 'tensor' | 'other';
  readonly elementType: OnnxType | undefined;
  /** undefined when not even the rank is known; a size is a number, a symbol or unknown. */
  readonly dims: readonly (number | string | undefined)[] | undefined;
}

export interface OnnxTensor {
  readonly name: string;
  readonly elementType: OnnxType;
  /** Not negative; their product is a safe integer. The data may have any length. */
  readonly dims: readonly number[];
  /** Set when the values lie in another file. */
  readonly external?: ExternalData;
  /** The values as little-endian bytes, a view of the file. */
  readonly raw?: Uint8Array;
  /** The tensor's own message when it has values in typed fields; see `tensorValues`. */
  readonly message?: Uint8Array;
  /** The number of an `unknown` type. */
  readonly typeNumber?: number;
}

export interface ExternalData {
  /** As the file has it; `externalPath` checks it. */
  readonly location: string;
  readonly offset: number;
  /** undefined: as many bytes as the tensor needs. */
  readonly length: number | undefined;
}
