/**
 * What an instruction set allows: multiplications with additions per cycle and core when nothing
 * but arithmetic counted, from the instructions that a cycle takes of each kind on AMD's Zen 3.
 * That processor starts per cycle two 256-bit multiplications of any type, two shuffles, and four
 * vector operations in all; its limit for f32 is two fused multiplications and additions.
 */
export const LIMITS = {
  avx2: {
    float: { perCycle: 16, why: '2 VFMADD of 8' },
    int8: { perCycle: 32, why: '2 VPMADDWD of 16' },
    'float×binary': { perCycle: 16, why: '2 VFMADD of 8, bits expanded before' },
    'int8×binary': { perCycle: 32, why: '2 VPMADDWD of 16, bits expanded before' },
    binary: { perCycle: 256, why: '2 VPSHUFB that look up 32 nibbles, 2 VPADDB' },
  },
  wasm: {
    float: { perCycle: 8, why: '2 multiplications and 2 additions of 4; nothing is fused' },
    int8: { perCycle: 16, why: '2 i32x4.dot_i16x8 of 8' },
    'float×binary': { perCycle: 8, why: 'as float' },
    'int8×binary': { perCycle: 16, why: 'as int8' },
    binary: { perCycle: 128, why: '2 i8x16.swizzle that look up 16 nibbles, 2 additions' },
  },
};
