/** Matrix products. One with a constant matrix on the right is a dense layer. */
import { elementCount } from '../../../ir/graph.ts';
import { LINEAR } from '../../../ir/ops.ts';
import { equalShapes } from '../../../ir/shape-math.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import { isKnown, type Operand } from '../operand.ts';

/** a [..., K] times w [K, O], which is known, plus a bias [O]. */
function dense(node: NodeContext, a: Operand, w: Operand, bias?: Operand): Operand {
  const zeros = () => node.generated([w.shape[1] ?? 1], () => 0);
  return node.add('dense', { epilogue: LINEAR }, [a, w, bias ?? zeros()]);
}

/** NumPy's matmul: operands of rank 1 are a row on the left and a column on the right. */
export function multiply(node: NodeContext, a: Operand, b: Operand): Operand {
  if (a.shape.length === 0 || b.shape.length === 0) node.corrupt('It multiplies a scalar.');
  const isFloat = a.dtype === 'f32' && b.dtype === 'f32';
  if (isFloat && isKnown(b) && b.shape.length === 2) return dense(node, a, b);
  const left = a.shape.length === 1 ? node.reshape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? node.reshape(b, [...b.shape, 1]) : b;
  const y = node.add('matmul', {}, [left, right]);
  const rows = a.shape.length === 1 ? [] : y.shape.slice(-2, -1);
  const columns = b.shape.length === 1 ? [] : y.shape.slice(-1);
  return node.reshape(y, [...y.shape.slice(0, -2), ...rows, ...columns]);
}

function scaled(node: NodeContext, x: Operand, factor: number): Operand {
  return factor === 1 ? x : node.binary('mul', x, node.scalar(factor));
}

const gemm: OperatorRule = (node) => {
  const [a, b] = [node.float(0), node.float(1)];
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    node.corrupt(`It multiplies [${a.shape.join(', ')}] and [${b.shape.join(', ')}].`);
  }
  const left = node.flag('transA', false) ? node.transpose(a, [1, 0]) : a;
  const right = node.flag('transB', false) ? node.transpose(b, [1, 0]) : b;
  const [alpha, beta] = [node.number('alpha', 1), node.number('beta', 1)];
  const c = node.optional(2) && beta !== 0 ? scaled(node, node.float(2), beta) : undefined;
  if (!isKnown(right)) {
    return withSum(node, scaled(node, node.add('matmul', {}, [left, right]), alpha), c);
  }
  const w = scaled(node, right, alpha);
  const outputs = w.shape[1] ?? 1;
  if (c && isKnown(c) && isPerColumn(c, outputs)) {
    const zeros = node.generated([outputs], () => 0);
    const bias = node.binary('add', node.reshape(c, [elementCount(c.shape)]), zeros);
    return dense(node, left, w, bias);
  }
  return withSum(node, dense(node, left, w), c);
};

/** Whether c adds the same to each row of a matrix with that many columns. */
function isPerColumn(c: Operand, columns: number): boolean {
  const last = c.shape.at(-1) ?? 1;
  return elementCount(c.shape) === last && (last === 1 || last === columns);
}

function withSum(node: NodeContext, y: Operand, c: Operand | undefined): Operand {
  if (!c) return y;
  const sum = node.binary('add', y, c);
  if (equalShapes(sum.shape, y.shape)) return sum;
  return node.corrupt(`Its C has the shape [${c.shape.join(', ')}], its product ${y.shape}.`);
}

export const MATMUL: OperatorRules = {
  Gemm: gemm,
  MatMul: (node) => multiply(node, node.input(0), node.input(1)),
};
