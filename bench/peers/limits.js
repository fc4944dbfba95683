/**
 * What an instruction set allows: multiplications with additions per cycle and core if nothing but
 * arithmetic counted, on AMD's Zen 3 and Zen 4, which start per cycle two 256-bit multiplications of
 * any type, two shuffles, and four vector operations in all; Zen 4 half as many of 512 bits.
 */
export const LIMITS = {
  avx512: {
    float: { perCycle: 16, why: '1 fused multiply-add of 16' },
    int8: { perCycle: 64, why: '1 `VPDPBUSD` of 64' },
    'int8×int7': { perCycle: 64, why: 'as int8' },
    'float×binary': { perCycle: 16, why: 'as float' },
    'int8×binary': { perCycle: 64, why: 'as int8' },
    binary: { perCycle: 341, why: 'of 512: XOR, `VPOPCNTQ`, addition; 2 such operations a cycle' },
  },
  avx2: {
    float: { perCycle: 16, why: '2 fused multiply-adds of 8' },
    int8: { perCycle: 32, why: '2 `VPMADDWD` of 16, 2 additions' },
    'int8×int7': { perCycle: 32, why: '1 `VPMADDUBSW` of 32, 1 `VPMADDWD`, 1 addition' },
    'float×binary': { perCycle: 16, why: 'as float' },
    'int8×binary': { perCycle: 64, why: '2 `VPMADDUBSW` of 32, 2 additions' },
    binary: { perCycle: 256, why: '2 `VPSHUFB` that look up 32 nibbles, 2 additions' },
  },
  wasm: {
    float: { perCycle: 8, why: '2 multiplications of 4, 2 additions' },
    int8: { perCycle: 16, why: '2 `i32x4.dot_i16x8_s` of 8, 2 additions' },
    'int8×int7': { perCycle: 16, why: 'as int8' },
    'float×binary': { perCycle: 8, why: 'as float' },
    'int8×binary': { perCycle: 21.3, why: 'of 16: XOR, addition of pairs, addition' },
    binary: { perCycle: 128, why: '2 `i8x16.swizzle` that look up 16 nibbles, 2 additions' },
  },
};
