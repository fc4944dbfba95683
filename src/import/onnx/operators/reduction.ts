/** Reductions along axes, and the places of extremes. */
import { elementCount } from '../../../ir/graph.ts';
import type { ReduceFn } from '../../../ir/ops.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import { absolute } from './arithmetic.ts';
import { integerTable } from './shared.ts';

export const REDUCTION: OperatorRules = {
  ReduceSum: reduction((context) => reduce(context, 'sum')),
  ReduceMean: reduction(mean),
  ReduceMax: reduction((context) => reduce(context, 'max')),
  ReduceMin: reduction((context) => reduce(context, 'min')),
  ReduceProd: reduction((context) => reduce(context, 'prod')),
  ReduceL1: reduction(({ node, x, ...rest }) =>
    reduce({ node, x: absolute(node, x), ...rest }, 'sum'),
  ),
  ReduceL2: reduction((context) => {
    const { node, x } = context;
    if (x.dtype === 'f32') return node.unary('sqrt', sumOfSquares(context));
    const root = node.unary('sqrt', node.convert(sumOfSquares(context), 'f32'));
    return node.wrap(node.convert(root, 'i32', x.elementType));
  }),
  ReduceSumSquare: reduction(sumOfSquares),
  ReduceLogSum: reduction((context) => {
    context.node.float(0);
    return context.node.unary('log', reduce(context, 'sum'));
  }),
  ReduceLogSumExp: reduction(logSumExp),
  ArgMax: extreme('argMax'),
  ArgMin: extreme('argMin'),
  Hardmax: hardmax,
};

interface Reduction {
  readonly node: NodeContext;
  readonly x: Operand;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Without axes all are meant, unless the node says that none are. */
function reduction(rule: (reduction: Reduction) => Operand): OperatorRule {
  return (node) => {
    const x = node.input(0);
    const given = node.axesOf(1, x.shape.length) ?? [];
    const isNone = given.length === 0 && node.flag('noop_with_empty_axes', false);
    const axes = given.length > 0 || isNone ? given : x.shape.map((_, axis) => axis);
    return rule({ node, x, axes, keepDims: node.flag('keepdims', true) });
  };
}

function reduce({ node, x, axes, keepDims }: Reduction, fn: ReduceFn): Operand {
  if (axes.length === 0) return x;
  return node.wrap(node.add('reduce', { fn, axes, keepDims }, [x], x.elementType));
}

/** Means of integers are cut off. */
function mean(reduction: Reduction): Operand {
  const { node, x, axes } = reduction;
  if (x.dtype === 'f32') return reduce(reduction, 'mean');
  const wide = node.convert(x, 'i32', 'int64');
  const count = elementCount(axes.map((axis) => x.shape[axis] as number));
  const sum = reduce({ ...reduction, x: wide }, 'sum');
  return node.convert(node.integerOp('div', sum, node.integer(count)), 'i32', x.elementType);
}

function sumOfSquares(reduction: Reduction): Operand {
  const { node, x } = reduction;
  const square = x.dtype === 'f32' ? node.unary('square', x) : node.integerOp('mul', x, x);
  return reduce({ ...reduction, x: square }, 'sum');
}

const LARGEST = 3.4028234663852886e38;

/**
 * log Σ exp(x) = m + log Σ exp(x - m), where m, the largest, keeps the powers from overflowing. It
 * is kept finite, so that x - m is not NaN where x is infinite.
 */
function logSumExp(reduction: Reduction): Operand {
  const { node, axes } = reduction;
  const x = node.float(0);
  const largest = reduce({ node, x, axes, keepDims: true }, 'max');
  const m = node.unary({ fn: 'clip', min: -LARGEST, max: LARGEST }, largest);
  const powers = node.unary('exp', node.binary('sub', x, m));
  const sum = node.unary('log', reduce({ ...reduction, x: powers }, 'sum'));
  return node.binary('add', sum, node.reshape(m, sum.shape));
}

function extreme(fn: 'argMax' | 'argMin'): OperatorRule {
  return (node) => {
    const x = node.input(0);
    const attrs = {
      fn,
      axis: node.axis(node.int('axis', 0), x.shape.length),
      keepDims: node.flag('keepdims', true),
      last: node.flag('select_last_index', false),
    };
    return node.add('argReduce', attrs, [x], 'int64');
  };
}

/** 1 at the first largest place and 0 elsewhere; before opset 13 all axes behind count as one. */
function hardmax(node: NodeContext): Operand {
  const x = node.float(0);
  const isOld = node.opset < 13;
  const axis = node.axis(node.int('axis', isOld ? 1 : -1), x.shape.length);
  if (!isOld) return marked(node, x, axis);
  const outer = elementCount(x.shape.slice(0, axis));
  const rows = node.reshape(x, [outer, elementCount(x.shape.slice(axis))]);
  return node.reshape(marked(node, rows, 1), x.shape);
}

function marked(node: NodeContext, x: Operand, axis: number): Operand {
  const attrs = { fn: 'argMax', axis, keepDims: true, last: false } as const;
  const best = node.add('argReduce', attrs, [x], 'int64');
  const behind = x.shape.slice(axis + 1).map(() => 1);
  const places = integerTable(node, [x.shape[axis] as number, ...behind], (index) => index);
  return node.convert(node.compare('equal', best, places), 'f32', x.elementType);
}
