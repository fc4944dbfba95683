/** Floats of 4, 6 and 8 bits, each format as a table from code to value; every value is exact. */

interface SmallFloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /**
   * What codes have no finite value: `none` of them; with `ieee` those of the largest exponent;
   * with `fn` only the two of all ones (NaN); with `fnuz` only minus zero (NaN).
   */
  readonly special: 'none' | 'ieee' | 'fn' | 'fnuz';
}

const FORMATS = {
  float4e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, special: 'none' },
  float6e2m3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: 'none' },
  float6e3m2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: 'none' },
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, special: 'fn' },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, special: 'fnuz' },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, special: 'fnuz' },
} as const satisfies Record<string, SmallFloat>;

export type SmallFloatType = keyof typeof FORMATS | 'float8e8m0';

/** The value of every code of the format. */
export function smallFloatTable(type: SmallFloatType): Float32Array {
  if (type === 'float8e8m0') return Float32Array.from({ length: 256 }, (_, code) => scaleOf(code));
  const format: SmallFloat = FORMATS[type];
  const codes = 2 ** (1 + format.exponentBits + format.mantissaBits);
  return Float32Array.from({ length: codes }, (_, code) => codeValue(code, format));
}

/** Only an exponent: a power of two, without sign or zero. */
function scaleOf(code: number): number {
  return code === 255 ? Number.NaN : 2 ** (code - 127);
}

function codeValue(code: number, format: SmallFloat): number {
  const { exponentBits, mantissaBits, bias, special } = format;
  const signBit = 2 ** (exponentBits + mantissaBits);
  const magnitude = code % signBit;
  const fraction = magnitude % 2 ** mantissaBits;
  const exponent = Math.floor(magnitude / 2 ** mantissaBits);
  if (special === 'fnuz' && code === signBit) return Number.NaN;
  if (special === 'fn' && magnitude === signBit - 1) return Number.NaN;
  const sign = code >= signBit ? -1 : 1;
  if (special === 'ieee' && exponent === 2 ** exponentBits - 1) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  const unit = 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
  const units = exponent === 0 ? fraction : fraction + 2 ** mantissaBits;
  return sign * units * unit;
}
