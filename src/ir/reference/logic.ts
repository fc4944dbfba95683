/**
 * Reference integer arithmetic, comparisons, choice and casts. i32 is exact modulo 2^32: what
 * leaves the range wraps, as it does when it is stored in an `Int32Array`.
 */
import type { TensorData } from '../graph.ts';
import type { CompareFn, IntegerFn, NodeOf } from '../ops.ts';
import { type Combine, combining, prepareBroadcast } from './broadcast.ts';
import { type Kernel, present, type Site, typeAt } from './kernel.ts';

const INTEGER: { readonly [F in IntegerFn]: Combine } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: Math.imul,
  div: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  rem: (a, b) => (b === 0 ? 0 : a % b),
  mod: (a, b) => {
    const rest = b === 0 ? 0 : a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  },
  max: Math.max,
  min: Math.min,
  pow: integerPower,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => (b < 0 || b > 31 ? 0 : a << b),
  shr: (a, b) => (b < 0 || b > 31 ? 0 : a >> b),
};

/** Comparisons with NaN are false. */
const COMPARE: { readonly [F in CompareFn]: Combine } = {
  equal: (a, b) => (a === b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  lessOrEqual: (a, b) => (a <= b ? 1 : 0),
};

/** By repeated squaring, wrapping; 1 / base^n, cut off, for negative exponents. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? 1 - 2 * (exponent & 1) : 0;
  let power = 1;
  for (let square = base, rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) power = Math.imul(power, square);
    square = Math.imul(square, square);
  }
  return power;
}

export function integer(node: NodeOf<'integer'>, site: Site): Kernel {
  return combining(INTEGER[node.attrs.fn], site);
}

export function compare(node: NodeOf<'compare'>, site: Site): Kernel {
  return combining(COMPARE[node.attrs.fn], site);
}

export function where(_node: NodeOf<'where'>, site: Site): Kernel {
  const { inner, visit } = prepareBroadcast([0, 1, 2].map((index) => typeAt(site, index).shape));
  const { size, steps } = inner;
  const [stepC, stepA, stepB] = steps as [number, number, number];
  return ([conditionData, aData, bData], output) => {
    const [condition, a, b] = [present(conditionData), present(aData), present(bData)];
    let to = 0;
    visit((offsets) => {
      const [fromC, fromA, fromB] = offsets as [number, number, number];
      for (let i = 0; i < size; i++) {
        const holds = condition[fromC + i * stepC] !== 0;
        output[to++] = (holds ? a[fromA + i * stepA] : b[fromB + i * stepB]) as number;
      }
    });
  };
}

/** Storing an integer in a typed array keeps its low bits, and rounds it in a `Float32Array`. */
export function cast(node: NodeOf<'cast'>, site: Site): Kernel {
  const { to } = node.attrs;
  const isFloat = typeAt(site, 0).dtype === 'f32';
  if (to === 'bool') return mapping((x) => (x === 0 ? 0 : 1));
  if (isFloat && to !== 'f32') return mapping(floatToInteger);
  return ([x], output) => output.set(present(x));
}

/** Truncates, saturates at the ends of i32, and takes NaN to 0. */
function floatToInteger(x: number): number {
  return Math.min(Math.max(Math.trunc(x) || 0, -(2 ** 31)), 2 ** 31 - 1);
}

function mapping(evaluate: (x: number) => number): Kernel {
  return ([xData], output: TensorData) => {
    const x = present(xData);
    for (let i = 0; i < x.length; i++) output[i] = evaluate(x[i] as number);
  };
}
