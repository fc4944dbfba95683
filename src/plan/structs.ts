/**
 * The shape structs of kernels/include/shapes.h, field by field, as data: the types of the planner's
 * calls are derived from it, and the C writer prints by it. A test holds it against the header.
 */
import type { Unary } from '../ir/ops.ts';

/** As BN_MAX_RANK in shapes.h. */
export const MAX_RANK = 6;

type FieldType = 'int' | 'float' | 'axes' | 'activation';

export const STRUCTS = {
  bn_conv2d_shape: {
    ...ints('batch', 'in_height', 'in_width', 'in_channels'),
    ...ints('out_height', 'out_width', 'out_channels'),
    ...ints('kernel_height', 'kernel_width', 'stride_y', 'stride_x'),
    ...ints('dilation_y', 'dilation_x', 'pad_top', 'pad_left', 'groups', 'pad_value', 'strip'),
    ...ints('unsigned_input', 'zero_point', 'low', 'high', 'small_weights'),
    activation: 'activation',
  },
  bn_dense_shape: {
    ...ints('rows', 'in_channels', 'out_channels', 'strip'),
    ...ints('unsigned_input', 'zero_point', 'low', 'high', 'small_weights'),
    activation: 'activation',
  },
  bn_pool2d_shape: {
    ...ints('batch', 'in_height', 'in_width', 'channels', 'out_height', 'out_width'),
    ...ints('kernel_height', 'kernel_width', 'stride_y', 'stride_x'),
    ...ints('dilation_y', 'dilation_x', 'pad_top', 'pad_left'),
  },
  bn_rows_shape: { ...ints('rows', 'channels'), activation: 'activation' },
  bn_binary_shape: { size: 'axes', a_stride: 'axes', b_stride: 'axes', activation: 'activation' },
  bn_copy_shape: { size: 'axes', stride: 'axes', modulus: 'axes', offset: 'int' },
  bn_where_shape: {
    size: 'axes',
    condition_stride: 'axes',
    a_stride: 'axes',
    b_stride: 'axes',
  },
  bn_pad_shape: {
    in_size: 'axes',
    out_size: 'axes',
    before: 'axes',
    value: 'float',
    integer: 'int',
  },
  bn_axis_shape: { ...ints('outer', 'axis', 'inner'), epsilon: 'float', center: 'int' },
  bn_arg_shape: ints('outer', 'axis', 'inner', 'last'),
  bn_group_norm_shape: { ...ints('batch', 'pixels', 'channels', 'groups'), epsilon: 'float' },
  bn_resample_shape: ints('outer', 'axis', 'inner', 'places', 'taps'),
  bn_matmul_shape: {
    ...ints('rows', 'depth', 'columns', 'batch'),
    size: 'axes',
    a_stride: 'axes',
    b_stride: 'axes',
  },
  bn_concat_shape: ints('outer', 'count', 'out_count', 'out_offset'),
  bn_resize2d_shape: {
    ...ints('batch', 'in_height', 'in_width', 'channels', 'out_height', 'out_width'),
  },
  bn_gather_shape: ints('outer', 'vocabulary', 'width', 'count'),
  bn_recurrent_shape: {
    ...ints('batch', 'steps', 'features', 'units'),
    ...ints('go_backwards', 'return_sequences', 'reset_after', 'return_cells'),
    activation: 'activation',
    recurrent_activation: 'activation',
  },
} as const satisfies Record<string, Record<string, FieldType>>;

export type StructName = keyof typeof STRUCTS;

interface FieldValues {
  int: number;
  float: number;
  axes: readonly number[];
  activation: Unary;
}

/** The fields of one struct with their types in TypeScript. */
export type StructFields<S extends StructName> = {
  readonly [F in keyof (typeof STRUCTS)[S]]: (typeof STRUCTS)[S][F] extends infer T extends
    FieldType
    ? FieldValues[T]
    : never;
};

function ints<const Names extends readonly string[]>(
  ...names: Names
): Readonly<Record<Names[number], 'int'>> {
  return Object.fromEntries(names.map((name) => [name, 'int'])) as Record<Names[number], 'int'>;
}
