/** Every family of cases, by the kernel that it is for. */
import * as bytes from './byte-cases.ts';
import type { KernelCase } from './case.ts';
import * as elementwise from './elementwise-cases.ts';
import * as integers from './integer-cases.ts';
import * as layers from './layer-cases.ts';
import type { Random } from './random.ts';
import { realLayerCase } from './real-layer-cases.ts';
import * as shapes from './shape-cases.ts';

export interface Family {
  readonly name: string;
  /** Relative to a number that the suite chooses. */
  readonly weight: number;
  readonly make: (random: Random) => KernelCase;
}

function family(name: string, make: (random: Random) => KernelCase, weight = 0.25): Family {
  return { name, weight, make };
}

const MOVABLE = ['f32', 'i32'] as const;

/** Layers have many shapes to go wrong in; the others get a quarter of the cases. */
export const FAMILIES: readonly Family[] = [
  ...layers.LAYER_TYPES.flatMap((types) => {
    const name = layers.typesName(types);
    return [
      family(`conv2d_${name}`, (random) => layers.conv2dCase(types, random), 1),
      family(`depthwise_conv2d_${name}`, (random) => layers.depthwiseCase(types, random), 1),
      family(`dense_${name}`, (random) => layers.denseCase(types, random), 1),
    ];
  }),
  family(
    'conv2d_add_b1_b1_f32',
    (random) => layers.conv2dCase({ x: 'b1', w: 'b1', y: 'f32' }, random, true),
    1,
  ),
  ...bytes.BYTE_LAYER_TYPES.flatMap((types) => {
    const name = bytes.byteTypesName(types);
    return [
      family(`conv2d_${name}`, (random) => bytes.byteConv2dCase(types, random), 1),
      family(`depthwise_conv2d_${name}`, (random) => bytes.byteDepthwiseCase(types, random)),
      family(`dense_${name}`, (random) => bytes.byteDenseCase(types, random)),
    ];
  }),
  family('max_pool2d_i8_i8', (random) => bytes.bytePoolCase('max', random)),
  family('average_pool2d_i8_i8', (random) => bytes.bytePoolCase('average', random)),
  family('conv2d_transpose_f32_f32_f32', layers.conv2dTransposeCase, 1),
  ...layers.LAYER_TYPES.filter(
    ({ x, w, y }) => y === 'f32' && (x === 'f32' || w === 'f32'),
  ).flatMap((types) =>
    (['conv2d', 'dense'] as const).map((layer) =>
      family(`${layer}_${layers.typesName(types)} of reals`, (random) =>
        realLayerCase(layer, types, random),
      ),
    ),
  ),
  family('batch_norm_f32_f32', elementwise.batchNormCase),
  family('binarize_f32_b1', elementwise.binarizeCase),
  family('unpack_b1_f32', elementwise.unpackCase),
  ...elementwise.UNARY_SAMPLES.map((sample) =>
    family(
      `unary_f32_f32 ${sample.unary.fn}`,
      (random) => elementwise.unaryCase(sample, random),
      0.05,
    ),
  ),
  ...elementwise.BINARY_FNS.map((fn) =>
    family(`${fn}_f32_f32`, (random) => elementwise.binaryCase(fn, random)),
  ),
  family('softmax_f32_f32', (random) => elementwise.softmaxCase('softmax', random)),
  family('log_softmax_f32_f32', (random) => elementwise.softmaxCase('logSoftmax', random)),
  family('sparsemax_f32_f32', (random) => elementwise.softmaxCase('sparsemax', random)),
  family('layer_norm_f32_f32', elementwise.layerNormCase),
  family('group_norm_f32_f32', elementwise.groupNormCase),
  ...elementwise.REDUCE_FNS.map((fn) =>
    family(`reduce_${fn}_f32_f32`, (random) => elementwise.reduceCase(fn, random)),
  ),
  family('max_pool2d_f32_f32', (random) => shapes.floatPoolCase('max', random)),
  family('average_pool2d_f32_f32', (random) => shapes.floatPoolCase('average', random)),
  family('max_pool2d_b1_b1', shapes.bitPoolCase),
  ...MOVABLE.flatMap((dtype) => [
    family(`copy_${dtype}_${dtype}`, (random) => shapes.copyCase(dtype, random)),
    family(`pad_${dtype}_${dtype}`, (random) => shapes.padCase(dtype, random)),
    family(`concat_${dtype}_${dtype}`, (random) => shapes.concatCase(dtype, random)),
    ...MOVABLE.map((index) =>
      family(`gather_${index}_${dtype}`, (random) => shapes.gatherCase(index, dtype, random)),
    ),
    family(`where_${dtype}_${dtype}`, (random) => integers.whereCase(dtype, random)),
    family(`matmul_${dtype}_${dtype}_${dtype}`, (random) => integers.matmulCase(dtype, random)),
    family(`arg_max_${dtype}_i32`, (random) => integers.argReduceCase('argMax', dtype, random)),
    family(`arg_min_${dtype}_i32`, (random) => integers.argReduceCase('argMin', dtype, random)),
    ...(['equal', 'less', 'less_or_equal'] as const).map((name) =>
      family(`${name}_${dtype}_i32`, (random) => integers.compareCase(name, dtype, random)),
    ),
  ]),
  ...integers.INTEGER_FNS.map((fn) =>
    family(`${fn}_i32_i32`, (random) => integers.integerCase(fn, random)),
  ),
  ...integers.INTEGER_REDUCE_FNS.map((fn) =>
    family(`reduce_${fn}_i32_i32`, (random) => integers.integerReduceCase(fn, random)),
  ),
  ...integers.CASTS.map(([from, to]) =>
    family(`cast_${from}_${to}`, (random) => integers.castCase(from, to, random), 0.05),
  ),
  family('conv2d_i32_i32_i32', layers.convIntegerCase),
  family('resize2d_nearest_f32_f32', (random) => shapes.resizeCase('nearest', random)),
  family('resize2d_bilinear_f32_f32', (random) => shapes.resizeCase('bilinear', random)),
  family('resample_f32_f32', shapes.resampleCase),
  family('simple_rnn_f32_f32_f32', (random) => shapes.recurrentCase('simple', random)),
  family('gru_f32_f32_f32', (random) => shapes.recurrentCase('gru', random)),
  family('lstm_f32_f32_f32', (random) => shapes.recurrentCase('lstm', random)),
];
