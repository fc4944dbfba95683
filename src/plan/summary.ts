/** Words for the table of layers: what a call does, short and for people. */
import type { BinaryFn, CompareFn, Epilogue, IntegerFn, ReduceFn, Unary } from '../ir/ops.ts';

/** ", relu6", or nothing for the identity. */
export function activationSuffix({ fn }: Unary): string {
  return fn === 'identity' ? '' : `, ${words(fn)}`;
}

/** "binary x float": input and weights. */
export function typesText(inputIsBits: boolean, weightsAreBits: boolean): string {
  if (!inputIsBits && !weightsAreBits) return 'float';
  return `${inputIsBits ? 'binary' : 'float'} x ${weightsAreBits ? 'binary' : 'float'}`;
}

/** "leakyRelu" as "leaky relu". */
export function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A shape as "8x8x64", without the batch of one. */
export function sizesText(shape: readonly number[]): string {
  const sizes = shape[0] === 1 && shape.length > 1 ? shape.slice(1) : shape;
  return sizes.length === 0 ? '1' : sizes.join('x');
}

/** What follows a layer's sums. */
export const EPILOGUE_WORDS: Readonly<Record<Epilogue['kind'], string>> = {
  linear: '',
  norm: ', scaled',
  add: ', scaled, sum',
  sign: ', sign',
  integer: ', to integers',
  requantize: ', requantized',
};

export const BINARY_WORDS: Readonly<Record<BinaryFn, string>> = {
  add: 'sum',
  sub: 'difference',
  mul: 'product',
  div: 'quotient',
  max: 'larger of both',
  min: 'smaller of both',
  prelu: 'prelu',
  pow: 'power',
  fmod: 'remainder',
};

export const REDUCE_WORDS: Readonly<Record<ReduceFn, string>> = {
  mean: 'mean',
  sum: 'sum',
  max: 'maximum',
  min: 'minimum',
  prod: 'product',
};

export const INTEGER_WORDS: Readonly<Record<IntegerFn, string>> = {
  add: 'sum',
  sub: 'difference',
  mul: 'product',
  div: 'quotient',
  mod: 'modulus',
  rem: 'remainder',
  max: 'larger of both',
  min: 'smaller of both',
  pow: 'power',
  and: 'bitwise and',
  or: 'bitwise or',
  xor: 'bitwise xor',
  shl: 'left shift',
  shr: 'right shift',
};

export const COMPARE_WORDS: Readonly<Record<CompareFn, string>> = {
  equal: 'equality',
  less: 'less than',
  lessOrEqual: 'less or equal',
};
